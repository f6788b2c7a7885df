// `mappings list`: lists mappings and denials.

import type { Command } from "commander";
import { connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { destinationOf } from "../changes/destination.ts";
import { readMappings } from "../changes/read-for-access.ts";
import { describe } from "../command.ts";
import { shortName } from "../function-settings.ts";
import {
  addConnection,
  addListOutput,
  addReading,
  type ConnectionOptions,
  type ListOutputOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, printList } from "../terminal/print.ts";
import { type Entry, writeEntry } from "./file/entry.ts";
import { type Denial, readParameter } from "./file/read-parameter.ts";

interface ListOptions extends ConnectionOptions, ListOutputOptions {
  readonly group?: string;
}

/** One mapping, one denial, or one problem of a parameter. */
interface Item {
  readonly stored: Stored;
  readonly entry?: Entry;
  readonly denial?: Denial;
  readonly problem?: string;
}

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: [
      "iam-authenticator mappings list --cluster prod",
      "iam-authenticator mappings list -c prod --group system:masters",
      "iam-authenticator mappings list -c prod --account 111122223333 -o json",
      "iam-authenticator mappings ls -c prod -o wide",
    ],
  });
  return addListOutput(addReading(addConnection(command)))
    .option("--group <name>", "only mappings that grant this group")
    .action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { prefix, partition } = connection.context;
  const current = await readMappings(connection, io);
  const all = [...current.values()].flatMap((stored) => itemsOf(stored, prefix, partition));
  const { group } = options;
  const items = all.filter(({ entry }) => group === undefined || entry?.mapping.groups?.includes(group));
  if (items.length === 0) {
    const which = group === undefined ? "" : ` that grant ${group}`;
    io.tell(`No mappings${which} in ${await destinationOf(connection, current, io)}.\n`);
  }
  if (options.output === "json" || options.output === "yaml") {
    await printData(items.map(machine), options.output, io);
    return;
  }
  const headers = ["kind", "account", "name", "username", "groups", "note"];
  const wide = {
    headers: [...headers, "parameter", "version", "modified"],
    row: (item: Item) => {
      const { name, version, modified } = item.stored;
      return [...row(item, prefix), shortName(name, prefix), String(version), new Date(modified).toISOString()];
    },
  };
  const listing = { items, headers, row: (item: Item) => row(item, prefix), wide };
  const name = ({ stored }: Item) => shortName(stored.name, prefix);
  await printList({ ...listing, name, narrow: (item) => narrowRow(row(item, prefix)) }, options.output, io);
}

function itemsOf(stored: Stored, prefix: string, partition: string): Item[] {
  const { entries, denials, problems } = readParameter(prefix, stored.name, stored, partition);
  return [
    ...entries.map((entry) => ({ stored, entry })),
    ...denials.map((denial) => ({ stored, denial })),
    ...problems.map((problem) => ({ stored, problem })),
  ];
}

function row({ stored, entry, denial, problem }: Item, prefix: string): string[] {
  if (denial !== undefined) return ["deny", denial.account, denial.entry.arnLike, "", "", denialNote(denial)];
  if (entry === undefined) return ["INVALID", "", shortName(stored.name, prefix), "", "", problem ?? ""];
  const { kind, account, name, mapping } = entry;
  const { arnLike, session, username = "", groups = [] } = mapping;
  const whom = session === undefined ? (arnLike ?? name) : `${name} ${session}`;
  return [kind, account, whom, username, groups.join(","), note(entry)];
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

function machine({ stored, entry, denial, problem }: Item) {
  return {
    parameter: stored.name,
    version: stored.version,
    modified: new Date(stored.modified).toISOString(),
    ...(entry !== undefined && { kind: entry.kind, account: entry.account, ...writeEntry(entry) }),
    ...(denial !== undefined && { kind: "deny", account: denial.account, ...denial.entry }),
    ...(problem !== undefined && { problem }),
  };
}
