// Stored mappings and denials as items of a list, and how commands print them.

import { type ListOutputOptions, printData, printList } from "../io/print.ts";
import type { IOStreams } from "../io/streams.ts";
import { deniedIn, type Entry, given, readParameter } from "./entry.ts";
import { shortName } from "./evaluation.ts";
import { writeEntry } from "./file-entry.ts";
import type { VersionedParameter } from "./stored.ts";

/** One entry, or one problem, of a parameter. */
export interface Item {
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

/** Prints the items. `isNamed` is whether each item names its cluster. */
export async function printItems(
  items: readonly Item[],
  isNamed: boolean,
  options: ListOutputOptions,
  io: IOStreams,
) {
  const { output } = options;
  if (output === "json" || output === "yaml") return printData(items.map(machine), output, io);
  const named = (item: Item, cells: string[]) => (isNamed ? [item.cluster ?? "", ...cells] : cells);
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
    row: (item: Item) => named(item, wideRow(item)),
  };
  const listing = { items, headers, row: (item: Item) => named(item, row(item)), wide };
  const name = (item: Item) => named(item, [item.name]).join(" ");
  await printList(
    { ...listing, name, narrow: (item) => named(item, narrowRow(row(item))) },
    options,
    io,
  );
}

export function itemsOf(stored: VersionedParameter, prefix: string, partition: string): Item[] {
  const { entries, problems } = readParameter(prefix, stored.name, stored, partition);
  const name = shortName(stored.name, prefix);
  return [
    ...entries.map((entry) => ({ stored, name, entry })),
    ...problems.map((problem) => ({ stored, name, problem })),
  ];
}

function row({ name: parameter, entry, deniedBy, problem }: Item): string[] {
  if (entry === undefined) return ["INVALID", "", parameter, "", "", problem ?? ""];
  const { kind, account, name, mapping } = entry;
  const { session, username = "", groups = [] } = mapping;
  const own = kind === "deny" ? deniedIn(mapping) : (mapping.arnLike ?? name);
  const whom = session === undefined ? own : `${name} ${session}`;
  return [kind, account, whom, username, groups.join(","), note(entry, deniedBy)];
}

function wideRow(item: Item): string[] {
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

function machine({ cluster, stored, entry, deniedBy, problem }: Item): object {
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
