// What `mappings apply` and `mappings diff` share: files on one side, Parameter Store on the other, and the plan between.

import type { Command } from "commander";
import { type Connection, connect } from "../../aws/connection.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { readDocuments } from "../../mapping-file/file.ts";
import { readName } from "../../mapping-file/parameter-name.ts";
import { toParameters } from "../../mapping-file/to-parameters.ts";
import { addConnection, addReading, type ConnectionOptions, collect } from "../../options.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { type Plan, planChanges } from "../../plan/plan.ts";
import { readMappings } from "../../plan/read-current.ts";
import { checkAccount } from "./target.ts";

export interface CompareOptions extends ConnectionOptions {
  readonly file: readonly string[];
  readonly prune?: true;
}

export function addCompare(command: Command): Command {
  return addReading(addConnection(command))
    .requiredOption("-f, --file <path>", "mapping file, folder of them, or - (may be repeated)", collect)
    .option("--prune", "remove what no file has");
}

export interface Comparison {
  readonly plan: Plan;
  readonly current: ReadonlyMap<string, Stored>;
  readonly connection: Connection;
}

export async function compare({ file, prune, ...options }: CompareOptions, io: IOStreams): Promise<Comparison> {
  const entries = await readDocuments(file, io);
  const connection = await connect(options, io);
  for (const entry of entries)
    checkAccount(connection.account, entry, entry.mapping.arn ?? entry.mapping.arnLike ?? (entry.name || "A mapping"));
  const desired = toParameters(connection.context.prefix, entries);
  const current = await readMappings(connection, io);
  // Not what no review reads: under a short --prefix, that is the mappings and callers of other clusters.
  const ours = new Map([...current].filter(([name]) => readName(connection.context.prefix, name) !== undefined));
  return { plan: planChanges(ours, desired, prune === true), current, connection };
}
