// `mappings diff`: compares mapping files with the stored mappings, or the mappings of two clusters.

import type { Command } from "commander";
import { inEachCluster, throwWorst } from "../aws/clusters.ts";
import { type Connection, connect } from "../aws/connection.ts";
import { destinationOf } from "../changes/destination.ts";
import { judge } from "../changes/judge.ts";
import { withoutManaged } from "../changes/managed.ts";
import { planChanges } from "../changes/plan.ts";
import { readForAccess, readMappings } from "../changes/read-for-access.ts";
import { planData, printDifferences, printPlan } from "../changes/show.ts";
import { describe } from "../command.ts";
import { silentExit, usage } from "../errors.ts";
import { shortName } from "../function-settings.ts";
import {
  addConnections,
  addOutput,
  addReading,
  type ClustersOptions,
  collect,
  isSeveral,
  type OutputOptions,
} from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { addPrune, compare, FILE_HELP } from "./apply.ts";
import { type MappingFile, readMappingFiles } from "./file/file.ts";

interface DiffOptions extends ClustersOptions, OutputOptions {
  readonly file?: readonly string[];
  readonly prune?: true;
}

export function diffCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "With --file, the exit code is 1 if apply would change something. Without --file, it compares two clusters: - is " +
      "only in the first, + only in the second, and the exit code is 1 if they differ.",
    examples: [
      "iam-authenticator mappings diff -c prod -f mappings.yaml --prune",
      "iam-authenticator mappings diff -c staging -c prod",
    ],
  });
  return addOutput(addPrune(addReading(addConnections(command))))
    .option("-f, --file <path>", FILE_HELP, collect)
    .action((options: DiffOptions) => diff(options, io));
}

async function diff({ file: paths, ...options }: DiffOptions, io: IOStreams): Promise<void> {
  if (paths === undefined) return diffClusters(options, io);
  const file = await readMappingFiles(paths, io);
  const { output } = options;
  const plans: object[] = [];
  const { results, failures } = await inEachCluster(options, io, async ({ prune, ...one }, own) => {
    const { plan, destination, prefix } = await diffFile(file, prune === true, await connect(one, own), own);
    if (output === "table") printPlan(plan, destination, prefix, own);
    else plans.push(planData(plan, destination, prefix));
    return plan.changes.length;
  });
  if (output !== "table") await printData(isSeveral(options) ? plans : plans[0], output, io);
  throwWorst(failures);
  if (results.some(({ value }) => value > 0)) throw silentExit();
}

async function diffFile(file: MappingFile, prune: boolean, connection: Connection, io: IOStreams) {
  const { context } = connection;
  const { plan: wanted, known } = await compare(file, prune, connection, io);
  const { plan } = await withoutManaged(wanted, connection, false, io);
  const destination = await destinationOf(connection, known, io);
  const texts = await judge(plan.changes, await readForAccess(plan.changes, known, true, connection, io), context);
  return { plan: { ...plan, ...texts }, destination, prefix: context.prefix };
}

async function diffClusters(options: Omit<DiffOptions, "file">, io: IOStreams): Promise<void> {
  if (options.clusters.length !== 2) {
    throw usage("Give --file, or two clusters to compare: -c staging -c prod.");
  }
  if (options.prune) throw usage("--prune requires --file.");
  const { results, failures } = await inEachCluster(options, io, async (one, own) => {
    const connection = await connect(one, own);
    const stored = await readMappings(connection, own);
    const { prefix } = connection.context;
    const byName = [...stored.values()].map((parameter) => {
      const name = shortName(parameter.name, prefix);
      return [name, { ...parameter, name }] as const;
    });
    return { stored: new Map(byName), destination: await destinationOf(connection, stored, own) };
  });
  throwWorst(failures);
  const [first, second] = results.map(({ value }) => value);
  if (first === undefined || second === undefined) return;
  const desired = new Map([...second.stored].map(([name, { value }]) => [name, value]));
  const plan = planChanges(first.stored, desired, true);
  if (options.output === "table") printDifferences(plan, first.destination, second.destination, io);
  else {
    const { changes, unchanged } = planData({ ...plan, ...NOT_JUDGED }, second.destination, "");
    await printData({ from: first.destination, to: second.destination, changes, unchanged }, options.output, io);
  }
  if (plan.changes.length > 0) throw silentExit();
}

/** Nothing is written, so no access changes. */
const NOT_JUDGED = { weakenings: new Map(), losses: new Map(), warnings: new Map() };
