// Stored mappings and denials as the rows of a list, and how commands print them.

import { shortName } from "../../functions/parameters/names.ts";
import { type ListOutputOptions, printData, printList, sentenceBelow } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import { deniedIn, type Entry, given, readParameter } from "./entry.ts";
import { writeEntry } from "./file-entry.ts";
import type { VersionedParameter } from "./stored.ts";

/**
 * A row of a list: one valid entry of a stored parameter, or one of its problems. Unlike the rule's
 * entries, it may be one that the function does not apply.
 */
export interface ListedEntry {
  readonly stored: VersionedParameter;
  /** The parameter without the prefix. */
  readonly name: string;
  /** The name of the cluster, if there are several. */
  readonly cluster?: string;
  readonly entry?: Entry;
  /** The parameter whose denial applies to the entry's principal. */
  readonly deniedBy?: string;
  readonly problem?: string;
}

/** Prints the rows. `isNamed` is whether each row names its cluster. */
export async function printListedEntries(
  rows: readonly ListedEntry[],
  isNamed: boolean,
  options: ListOutputOptions,
  run: Run,
) {
  const { output } = options;
  if (output === "json" || output === "yaml") return printData(rows.map(dataOfEntry), output, run);
  const named = (item: ListedEntry, cells: string[]) =>
    isNamed ? [item.cluster ?? "", ...cells] : cells;
  const headers = [
    ...(isNamed ? ["cluster"] : []),
    "kind",
    "account",
    "name",
    "username",
    "groups",
    "note",
  ];
  const wide = {
    headers: [...headers, "parameter", "version", "modified"],
    row: (item: ListedEntry) => named(item, wideRow(item)),
  };
  const listing = {
    items: rows,
    headers,
    row: (item: ListedEntry) => named(item, row(item)),
    wide,
  };
  const name = (item: ListedEntry) => named(item, [item.name]).join(" ");
  await printList(
    { ...listing, name, narrow: (item) => sentenceBelow(named(item, narrowRow(row(item)))) },
    options,
    run,
  );
}

/** Returns a row for each valid entry of a parameter, and for each problem. */
export function listedEntriesOf(
  stored: VersionedParameter,
  prefix: string,
  partition: string,
): ListedEntry[] {
  const { entries, problems } = readParameter(prefix, stored.name, stored, partition);
  const name = shortName(stored.name, prefix);
  return [
    ...entries.map((entry) => ({ stored, name, entry })),
    ...problems.map((problem) => ({ stored, name, problem })),
  ];
}

function row({ name: parameter, entry, deniedBy, problem }: ListedEntry): string[] {
  if (entry === undefined) return ["INVALID", "", parameter, "", "", problem ?? ""];
  const { kind, account, name, mapping } = entry;
  const { session, username = "", groups = [] } = mapping;
  const principal = kind === "deny" ? deniedIn(mapping) : (mapping.arnLike ?? name);
  const whom = session === undefined ? principal : `${name} ${session}`;
  return [kind, account, whom, username, groups.join(","), note(entry, deniedBy)];
}

function wideRow(item: ListedEntry): string[] {
  const { version, modified } = item.stored;
  return [...row(item), item.name, String(version), new Date(modified).toISOString()];
}

/** Returns the row for narrow terminals: username, groups and note share the last cell. */
function narrowRow([
  kind = "",
  account = "",
  name = "",
  username = "",
  groups = "",
  note = "",
]: string[]): string[] {
  const who = [username, groups && `(${groups.replaceAll(",", ", ")})`, note].filter(
    (text) => text !== "",
  );
  return [kind, account, name, who.join(" ") || "every identity, with its ARN as the username"];
}

function note(
  { kind, mapping: { notAfter, principalId, description } }: Entry,
  deniedBy?: string,
): string {
  const until = notAfter && `until ${notAfter}`;
  const words =
    kind === "deny"
      ? [until ? `DENIED ${until}` : "DENIED"]
      : [deniedBy && `DENIED by ${deniedBy}`, until, principalId && `only ${principalId}`];
  return [...words, description].filter((word) => word !== undefined).join(", ");
}

function dataOfEntry({ cluster, stored, entry, deniedBy, problem }: ListedEntry): object {
  const { name: parameter, version } = stored;
  return given({
    cluster,
    parameter,
    version,
    modified: new Date(stored.modified).toISOString(),
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    deniedBy,
    problem,
  });
}
