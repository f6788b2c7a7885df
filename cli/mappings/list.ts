// `mappings list`: lists mappings and denials.

import type { Command } from "commander";
import { inEachCluster, throwWorst } from "../aws/clusters.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { destinationOf } from "../changes/destination.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import {
  addConnections,
  addListOutput,
  addReading,
  type ClustersOptions,
  isSeveral,
  type ListOutputOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, printList } from "../terminal/print.ts";
import { type PastTime, readPastTime } from "../times.ts";
import { type Entry, writeEntry } from "./file/entry.ts";
import { type Denial, readParameter } from "./file/read-parameter.ts";
import { parametersAt } from "./list-at.ts";
import { watchItems } from "./watch.ts";

interface ListOptions extends ClustersOptions, ListOutputOptions {
  readonly at?: PastTime;
  readonly group?: string;
  readonly watch?: true;
}

/** One mapping, one denial, or one problem of a parameter. */
export interface Item {
  readonly stored: Stored;
  /** The parameter without the prefix. */
  readonly name: string;
  /** With several clusters. */
  readonly cluster?: string;
  readonly entry?: Entry;
  readonly denial?: Denial;
  readonly problem?: string;
}

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "With --at, it reads the history of each parameter that has changed since (ssm:GetParameterHistory). Parameters that " +
      "were deleted since are missing, because Parameter Store deletes their history.",
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings list --all-contexts --group system:masters",
      "iam-authenticator mappings list -c prod --at 2026-11-24T16:00:00Z",
      "iam-authenticator mappings list -c prod --group system:masters",
      "iam-authenticator mappings list -c prod --account 111122223333 -o json",
      "iam-authenticator mappings ls -c prod -o wide",
    ],
  });
  return addListOutput(addReading(addConnections(command)))
    .option("--group <name>", "only mappings that grant this group")
    .option("--at <when>", "as they were then: a duration before now, or a time", readPastTime)
    .option("-w, --watch", "then print each change of one cluster, until Ctrl-C")
    .action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  const { at, output, watch } = options;
  if ((at?.(io.clock()) ?? 0) > io.clock()) throw usage("--at must not be in the future.");
  if (watch && at !== undefined) throw usage("Give either --watch or --at.");
  const isNamed = isSeveral(options);
  if (watch && isNamed) throw usage("--watch requires one cluster.");
  if (watch && output !== "table" && output !== "wide")
    throw usage(`--watch requires -o table or wide, not ${output}.`);
  const { results, failures } = await inEachCluster(options, io, async (one, own) => {
    const connection = await connect(one, own);
    return { connection, items: await itemsIn(options, connection, own) };
  });
  const items = results.flatMap(({ cluster, value }) =>
    value.items.map((item) => (isNamed ? { ...item, cluster } : item)),
  );
  await printItems(items, isNamed, options, io);
  throwWorst(failures);
  if (!watch) return;
  const quiet = { ...io, tell: () => {} };
  for (const { value } of results) {
    await watchItems(items, output === "wide" ? wideRow : row, io, () => itemsIn(options, value.connection, quiet));
  }
}

async function itemsIn({ at, group }: ListOptions, connection: Connection, io: IOStreams): Promise<Item[]> {
  const { prefix, partition } = connection.context;
  const now = await readMappings(connection, io);
  const current = at === undefined ? now : await parametersAt(at(io.clock()), now, connection, io);
  const all = [...current.values()].flatMap((stored) => itemsOf(stored, prefix, partition));
  const items = all.filter(({ entry }) => group === undefined || entry?.mapping.groups?.includes(group));
  if (items.length === 0) {
    const which = group === undefined ? "" : ` that grant ${group}`;
    io.tell(`No mappings${which} in ${await destinationOf(connection, current, io)}.\n`);
  }
  return items;
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

function row({ name: parameter, entry, denial, problem }: Item): string[] {
  if (denial !== undefined) return ["deny", denial.account, denial.entry.arnLike, "", "", denialNote(denial)];
  if (entry === undefined) return ["INVALID", "", parameter, "", "", problem ?? ""];
  const { kind, account, name, mapping } = entry;
  const { arnLike, session, username = "", groups = [] } = mapping;
  const whom = session === undefined ? (arnLike ?? name) : `${name} ${session}`;
  return [kind, account, whom, username, groups.join(","), note(entry)];
}

function wideRow(item: Item): string[] {
  const { version, modified } = item.stored;
  return [...row(item), item.name, String(version), new Date(modified).toISOString()];
}

/** For narrow terminals: username, groups and note share the last cell. */
function narrowRow([kind = "", account = "", name = "", username = "", groups = "", note = ""]: string[]): string[] {
  const who = [username, ...(groups === "" ? [] : [`(${groups.replaceAll(",", ", ")})`]), note].filter(
    (text) => text !== "",
  );
  return [kind, account, name, who.join(" ") || "every identity, with its ARN as the username"];
}

function denialNote({ entry: { notAfter, description } }: Denial): string {
  const end = notAfter === undefined ? "DENIED" : `DENIED until ${notAfter}`;
  return description === undefined ? end : `${end}, ${description}`;
}

function note({ mapping: { deny, notAfter, principalId, description } }: Entry): string {
  const words = [
    ...(deny ? ["DENIED"] : []),
    ...(notAfter === undefined ? [] : [`until ${notAfter}`]),
    ...(principalId === undefined ? [] : [`only ${principalId}`]),
    ...(description === undefined ? [] : [description]),
  ];
  return words.join(", ");
}

function machine({ cluster, stored, entry, denial, problem }: Item) {
  return {
    ...(cluster !== undefined && { cluster }),
    parameter: stored.name,
    version: stored.version,
    modified: new Date(stored.modified).toISOString(),
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    ...(denial !== undefined && { kind: "deny", account: denial.account, ...denial.entry }),
    ...(problem !== undefined && { problem }),
  };
}
