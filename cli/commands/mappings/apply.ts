// `mappings apply` and `mappings diff`: from a file to Parameter Store, or only what would change.

import type { Command } from "commander";
import { type Connection, connect } from "../../aws/connection.ts";
import { newCommand } from "../../command.ts";
import { silentExit } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { readDocuments } from "../../mapping-file/file.ts";
import { readName, toParameters } from "../../mapping-file/parameters.ts";
import {
  addConnection,
  addReading,
  addWrite,
  type ConnectionOptions,
  collect,
  type WriteOptions,
} from "../../options.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { executePlan } from "../../plan/execute.ts";
import { type Plan, planChanges } from "../../plan/plan.ts";
import { readMappings } from "../../plan/read-current.ts";
import { showPlan } from "../../plan/show.ts";
import { checkAccount } from "./target.ts";

interface DiffOptions extends ConnectionOptions {
  readonly file: readonly string[];
  readonly prune?: true;
}

const FILE_HELP = "mapping file, folder of them, or - (may be repeated)";
const PRUNE_HELP = "remove what no file has";

export function applyCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "apply",
    summary: "make Parameter Store say what a file says",
    details:
      "Shows a plan, asks, and writes at most --rate parameters a second. Stops where somebody else changed a mapping " +
      "since the plan. When it was interrupted, run it again: it does the rest.",
    examples: [
      "iam-authenticator mappings apply -c prod -f mappings.yaml --dry-run",
      "iam-authenticator mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return addWrite(addReading(addConnection(command)))
    .requiredOption("-f, --file <path>", FILE_HELP, collect)
    .option("--prune", PRUNE_HELP)
    .action(async (options: DiffOptions & WriteOptions) => {
      const { plan, current, connection } = await compare(options, io);
      await executePlan(plan, current, connection, options, io);
    });
}

export function diffCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "diff",
    summary: "show what apply would change",
    details: "The exit code is 1 where something would change.",
    examples: ["iam-authenticator mappings diff -c prod -f mappings.yaml --prune"],
  });
  return addReading(addConnection(command))
    .requiredOption("-f, --file <path>", FILE_HELP, collect)
    .option("--prune", PRUNE_HELP)
    .action(async (options: DiffOptions) => {
      const { plan, connection } = await compare(options, io);
      io.print(showPlan(plan, connection.site.prefix, io.columns));
      if (plan.changes.length > 0) throw silentExit();
    });
}

interface Comparison {
  readonly plan: Plan;
  readonly current: ReadonlyMap<string, Stored>;
  readonly connection: Connection;
}

async function compare({ file, prune, ...options }: DiffOptions, io: IOStreams): Promise<Comparison> {
  const entries = await readDocuments(file, io);
  const connection = await connect(options, io);
  for (const entry of entries)
    checkAccount(connection.account, entry, entry.mapping.arn ?? entry.mapping.arnLike ?? (entry.name || "A mapping"));
  const desired = toParameters(connection.site.prefix, entries);
  const current = await readMappings(connection, io);
  // Not what no review reads: under a short --prefix, that is the mappings and callers of other clusters.
  const ours = new Map([...current].filter(([name]) => readName(connection.site.prefix, name) !== undefined));
  return { plan: planChanges(ours, desired, prune === true), current, connection };
}
