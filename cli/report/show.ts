// Prints the report as a table, CSV, JSON or YAML.

import { writeEntry } from "../mappings/file/entry.ts";
import type { Item } from "../mappings/items.ts";
import type { ListOutputOptions } from "../options.ts";
import { given, nameOfEntry } from "../store/entry.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, printList } from "../terminal/print.ts";
import { shownTime } from "../times.ts";
import type { ReportFinding } from "./findings.ts";
import type { PrincipalState } from "./principals.ts";

export interface Line extends Item {
  readonly sessionChosenBy?: string | undefined;
  readonly principal?: PrincipalState | undefined;
  /** Milliseconds since 1970. */
  readonly lastLogin?: number | undefined;
  readonly reviews: number;
  /** With --kubeconfig. */
  readonly roles?: readonly string[] | undefined;
  readonly findings: readonly ReportFinding[];
}

/** `isNamed`: whether each line names its cluster. */
export async function printReport(
  lines: readonly Line[],
  isNamed: boolean,
  options: ListOutputOptions & { readonly kubeconfig?: string },
  io: IOStreams,
): Promise<void> {
  const { output } = options;
  if (output === "json" || output === "yaml") return printData(lines.map(machine), output, io);
  const columns: Readonly<Record<string, (line: Line) => string>> = {
    ...(isNamed && { cluster: ({ cluster = "" }: Line) => cluster }),
    ...COLUMNS,
    ...(options.kubeconfig !== undefined && { roles: ({ roles = [] }: Line) => roles.join(", ") }),
    findings: ({ findings }) =>
      findings.map(({ code, message }) => (code === "invalid" ? `INVALID: ${message}` : message)).join("; "),
  };
  const titles = Object.keys(columns);
  const row = (line: Line) => Object.values(columns).map((cell) => cell(line));
  const narrow = (line: Line) => {
    const cells = row(line).map((text, i) => ({ text, named: text === "" ? [] : `${titles[i]}: ${text}` }));
    const head = titles.indexOf("who") + 1;
    const rest = cells.slice(head).flatMap(({ named }) => named);
    return [...cells.slice(0, head).map(({ text }) => text), rest.join("; ")];
  };
  await printList({ items: lines, headers: titles, row, endsInText: true, narrow }, options, io);
}

const COLUMNS = {
  who: ({ name, entry }: Line) => (entry === undefined ? name : nameOfEntry(entry)),
  username: ({ entry }: Line) => entry?.mapping.username ?? "",
  groups: ({ entry }: Line) => entry?.mapping.groups?.join(",") ?? "",
  "session chosen by": ({ sessionChosenBy = "" }: Line) => sessionChosenBy,
  ends: ({ entry }: Line) => entry?.mapping.notAfter ?? "",
  "last login": ({ lastLogin }: Line) => (lastLogin === undefined ? "" : shownTime(lastLogin)),
  reviews: ({ reviews }: Line) => String(reviews),
  principal: ({ principal }: Line) => principal ?? "",
};

function machine({ cluster, stored, entry, lastLogin, ...line }: Line): object {
  const { sessionChosenBy, principal, reviews, roles, findings } = line;
  return given({
    ...{ cluster, parameter: stored.name },
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    ...{ sessionChosenBy, principal },
    lastLogin: lastLogin === undefined ? undefined : new Date(lastLogin).toISOString(),
    ...{ reviews, roles, findings },
  });
}
