// Prints the report: the mappings that need action first, with the reasons.

import { shownTime } from "../../cmdline/times.ts";
import { type ListOutputOptions, printData, printList } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { given, nameOfEntry } from "../../model/entry.ts";
import { writeEntry } from "../../model/file-entry.ts";
import type { ListedEntry } from "../../model/listed-entries.ts";
import type { PrincipalState, ReportFinding } from "./findings.ts";

/** A mapping with what is known of its use. */
export interface ReportLine extends ListedEntry {
  readonly principal: PrincipalState | undefined;
  readonly sessionChosenBy: string | undefined;
  /** Milliseconds since 1970; `undefined` without a login since the start of the log. */
  readonly lastLogin: number | undefined;
  /** The number of granted reviews. */
  readonly reviews: number;
  /** The RBAC roles; `undefined` without --kubeconfig. */
  readonly roles: readonly string[] | undefined;
  readonly findings: readonly ReportFinding[];
}

/** Prints the report. `isNamed` is whether each line names its cluster. */
export async function printReport(
  lines: readonly ReportLine[],
  isNamed: boolean,
  options: ListOutputOptions & { readonly kubeconfig?: string },
  run: Run,
) {
  const { output } = options;
  if (output === "json" || output === "yaml") return printData(lines.map(dataOfLine), output, run);
  const columns: Readonly<Record<string, (line: ReportLine) => string>> = {
    ...(isNamed && { cluster: ({ cluster = "" }: ReportLine) => cluster }),
    ...COLUMNS,
    ...(options.kubeconfig !== undefined && {
      roles: ({ roles = [] }: ReportLine) => roles.join(", "),
    }),
    findings: ({ findings }) => findings.map(shownFinding).join("; "),
  };
  const titles = Object.keys(columns);
  const row = (line: ReportLine) => Object.values(columns).map((cell) => cell(line));
  const narrow = (line: ReportLine) => {
    const cells = row(line).map((text, i) => ({
      text,
      named: text === "" || isOmitted(titles[i], text) ? [] : `${titles[i]}: ${text}`,
    }));
    const head = titles.indexOf("who") + 1;
    const rest = cells.slice(head).flatMap(({ named }) => named);
    const below = [
      ...line.findings.map((finding) => `! ${shownFinding(finding)}`),
      rest.join("; "),
    ];
    return { columns: cells.slice(0, head).map(({ text }) => text), below };
  };
  // People read what needs action first; programs find a line at its place.
  const items = output === "table" ? actionFirst(lines) : lines;
  await printList({ items, headers: titles, row, endsInText: true, narrow }, options, run);
}

/** Returns whether the details below a mapping omit the cell: its findings are above them. */
function isOmitted(title: string | undefined, text: string): boolean {
  return title === "findings" || (title === "principal" && text === "exists");
}

function shownFinding({ code, message }: ReportFinding): string {
  return code === "invalid" ? `INVALID: ${message}` : message;
}

/** The findings, the most urgent first. A record, so that a new code does not compile without it. */
const URGENCY: Readonly<Record<ReportFinding["code"], number>> = {
  invalid: 0,
  denied: 1,
  "re-created": 2,
  absent: 3,
  ended: 4,
  shadowed: 5,
  "program-sessions": 6,
  unused: 7,
};

/** Sorts the lines by their most urgent finding. Those without one keep their order at the end. */
function actionFirst(lines: readonly ReportLine[]): readonly ReportLine[] {
  const urgency = ({ findings }: ReportLine) =>
    Math.min(...findings.map(({ code }) => URGENCY[code]));
  return lines.toSorted((a, b) => compareNumbers(urgency(a), urgency(b)));
}

/** Infinity minus Infinity is not a number. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

const COLUMNS = {
  who: ({ name, entry }: ReportLine) => (entry === undefined ? name : nameOfEntry(entry)),
  username: ({ entry }: ReportLine) => entry?.mapping.username ?? "",
  groups: ({ entry }: ReportLine) => entry?.mapping.groups?.join(",") ?? "",
  "session chosen by": ({ sessionChosenBy = "" }: ReportLine) => sessionChosenBy,
  ends: ({ entry }: ReportLine) => entry?.mapping.notAfter ?? "",
  "last login": ({ lastLogin }: ReportLine) =>
    lastLogin === undefined ? "" : shownTime(lastLogin),
  reviews: ({ reviews }: ReportLine) => String(reviews),
  principal: ({ principal }: ReportLine) => principal ?? "",
};

function dataOfLine({ cluster, stored, entry, lastLogin, ...line }: ReportLine): object {
  const { sessionChosenBy, principal, reviews, roles, findings } = line;
  return given({
    cluster,
    parameter: stored.name,
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    sessionChosenBy,
    principal,
    lastLogin: lastLogin === undefined ? undefined : new Date(lastLogin).toISOString(),
    reviews,
    roles,
    findings,
  });
}
