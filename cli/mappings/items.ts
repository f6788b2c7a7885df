// Stored mappings and denials as items of a list, and how commands print them.

import type { Stored } from "../aws/parameter.ts";
import { shortName } from "../function-settings.ts";
import type { ListOutputOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, printList } from "../terminal/print.ts";
import { writeEntry } from "./file/entry.ts";
import { type Entry, given } from "../store/entry.ts";
import { type Denial, readParameter } from "../store/read-parameter.ts";

/** One mapping, one denial, or one problem of a parameter. */
export interface Item {
  readonly stored: Stored;
  /** The parameter without the prefix. */
  readonly name: string;
  /** With several clusters. */
  readonly cluster?: string;
  readonly entry?: Entry;
  /** The parameter whose denial applies to the entry's principal. */
  readonly deniedBy?: string;
  readonly denial?: Denial;
  readonly problem?: string;
}

/** `isNamed`: whether each item names its cluster. */
export async function printItems(
  items: readonly Item[],
  isNamed: boolean,
  options: ListOutputOptions,
  io: IOStreams,
): Promise<void> {
  const { output } = options;
  if (output === "json" || output === "yaml") return printData(items.map(machine), output, io);
  const named = (item: Item, cells: string[]) => (isNamed ? [item.cluster ?? "", ...cells] : cells);
  const headers = [...(isNamed ? ["cluster"] : []), "kind", "account", "name", "username", "groups", "note"];
  const wide = {
    headers: [...headers, "parameter", "version", "modified"],
    row: (item: Item) => named(item, wideRow(item)),
  };
  const listing = { items, headers, row: (item: Item) => named(item, row(item)), wide };
  const name = (item: Item) => named(item, [item.name]).join(" ");
  await printList({ ...listing, name, narrow: (item) => named(item, narrowRow(row(item))) }, options, io);
}

export function itemsOf(stored: Stored, prefix: string, partition: string): Item[] {
  const { entries, denials, problems } = readParameter(prefix, stored.name, stored, partition);
  const name = shortName(stored.name, prefix);
  return [
    ...entries.map((entry) => ({ stored, name, entry })),
    ...denials.map((denial) => ({ stored, name, denial })),
    ...problems.map((problem) => ({ stored, name, problem })),
  ];
}

export function row({ name: parameter, entry, deniedBy, denial, problem }: Item): string[] {
  if (denial !== undefined) return ["deny", denial.account, denial.entry.arnLike, "", "", denialNote(denial)];
  if (entry === undefined) return ["INVALID", "", parameter, "", "", problem ?? ""];
  const { kind, account, name, mapping } = entry;
  const { arnLike, session, username = "", groups = [] } = mapping;
  const whom = session === undefined ? (arnLike ?? name) : `${name} ${session}`;
  return [kind, account, whom, username, groups.join(","), note(entry, deniedBy)];
}

export function wideRow(item: Item): string[] {
  const { version, modified } = item.stored;
  return [...row(item), item.name, String(version), new Date(modified).toISOString()];
}

/** For narrow terminals: username, groups and note share the last cell. */
function narrowRow([kind = "", account = "", name = "", username = "", groups = "", note = ""]: string[]): string[] {
  const who = [username, groups && `(${groups.replaceAll(",", ", ")})`, note].filter((text) => text !== "");
  return [kind, account, name, who.join(" ") || "every identity, with its ARN as the username"];
}

function denialNote({ entry: { notAfter, description } }: Denial): string {
  return join([notAfter === undefined ? "DENIED" : `DENIED until ${notAfter}`, description]);
}

function note({ mapping: { notAfter, principalId, description } }: Entry, deniedBy?: string): string {
  return join([
    deniedBy && `DENIED by ${deniedBy}`,
    notAfter && `until ${notAfter}`,
    principalId && `only ${principalId}`,
    description,
  ]);
}

function join(words: readonly (string | false | undefined)[]): string {
  return words.filter((word) => word !== undefined && word !== false).join(", ");
}

function machine({ cluster, stored, entry, deniedBy, denial, problem }: Item): object {
  const { name: parameter, version } = stored;
  return given({
    ...{ cluster, parameter, version, modified: new Date(stored.modified).toISOString() },
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    ...(denial !== undefined && { kind: "deny", account: denial.account, ...denial.entry }),
    deniedBy,
    problem,
  });
}
