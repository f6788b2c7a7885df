// `mappings apply` and `mappings diff`: compare mapping files with the stored mappings, or two
// clusters.

import { type Command, Option } from "commander";
import { isListKind, type ParameterKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { type Connection, connect, type StoreOptions } from "../../aws/connection.ts";
import { functionOf } from "../../aws/functions.ts";
import { inEachCluster, throwWorst } from "../../cmdline/clusters.ts";
import { type ChosenCluster, type Clusters, clustersOf } from "../../cmdline/contexts.ts";
import { describe } from "../../cmdline/define.ts";
import {
  CONNECTIONS,
  collect,
  type OptionGroup,
  OUTPUT,
  type OutputOptions,
  READING,
  WRITE,
  type WriteOptions,
  withOptions,
} from "../../cmdline/options.ts";
import { silentExit, usage } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { deniedIn, type Entry, nameOfEntry, readParameter } from "../../model/entry.ts";
import { shortName } from "../../model/evaluation.ts";
import { foreignProblem } from "../../model/file-entry.ts";
import { warningsFor } from "../../model/lint/lint.ts";
import { readMappingFiles, toParameters } from "../../model/mapping-file.ts";
import {
  type EntryKey,
  hasKey,
  isFor,
  listItems,
  type VersionedParameter,
  valueText,
} from "../../model/stored.ts";
import { checkAccounts } from "../../model/target.ts";
import { readForAccess } from "../../plan/access/consent.ts";
import { judgeAccess } from "../../plan/access/judge.ts";
import {
  planChanges,
  warnOfSessionTrust,
  withoutEnded,
  withoutManaged,
} from "../../plan/changes.ts";
import { carryOut, planClusters } from "../../plan/clusters.ts";
import type { ClusterPlan, ProposeOptions } from "../../plan/propose.ts";
import { destinationOf, readMappings, readToCompare, requireParameters } from "../../plan/read.ts";
import { planData, printDifferences, printPlans } from "../../plan/show.ts";

interface PruneOptions {
  readonly prune?: true;
  readonly pruneDenials?: true;
}

interface ApplyOptions extends StoreOptions, WriteOptions, OutputOptions, PruneOptions {
  readonly file?: readonly string[];
}

export function applyCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Prints a plan, asks for confirmation, and writes at most --rate parameters per second. Stops if another operator " +
      "changed a mapping since the plan. After an interruption, run it again to finish. With several clusters, nothing is " +
      "written unless all can be read, and writing stops at the first cluster that fails.",
    examples: [
      "mappings apply -c prod -f mappings.yaml --dry-run",
      "mappings apply -c prod -f mappings.yaml --dry-run -o json",
      "mappings apply -c prod -f common.yaml -f prod.yaml",
      "mappings apply -c prod -f teams/ --prune --yes",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, WRITE, PRUNE, OUTPUT)
    .argument("[file...]", "same as --file")
    .option("-f, --file <path>", FILE_HELP, collect)
    .action(async (files: readonly string[], options: ApplyOptions) =>
      apply(files, await clustersOf(command, run), options, run),
    );
}

const FILE_HELP =
  "mapping file, folder of mapping files, or - (may be repeated: later files override earlier ones)";

const PRUNE: OptionGroup = [
  new Option("--prune", "remove stored mappings that are not in the files, and keep denials"),
  new Option("--prune-denials", "as --prune, and remove denials too").implies({ prune: true }),
];

async function apply(
  files: readonly string[],
  clusters: Clusters,
  options: ApplyOptions,
  run: Run,
): Promise<void> {
  const { output } = options;
  if (output !== "table" && !options.dryRun) throw usage(`-o ${output} requires --dry-run.`);
  const paths = [...(options.file ?? []), ...files];
  if (paths.length === 0) throw usage("Give a mapping file, such as -f mappings.yaml.");
  const entries = await readMappingFiles(paths, run);
  const planned = await planClusters(clusters, options, run, (connection, _, own) =>
    planFile(entries, options, connection, own),
  );
  const proposed: ProposeOptions =
    output === "table"
      ? options
      : { ...options, report: (plans) => printPlanData(plans, clusters, output, run) };
  await carryOut(planned, proposed, run, { done: "Applied" });
}

async function planFile(
  entries: readonly Entry[],
  options: PruneOptions,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const compared = await compare(entries, options, connection, run);
  warnOfSessionTrust(compared.plan.changes, connection, run);
  return compared;
}

/** Prints a list for several clusters, and the plan of the only cluster. */
async function printPlanData(
  plans: readonly object[],
  { isSeveral }: Clusters,
  output: "json" | "yaml",
  run: Run,
): Promise<void> {
  const data = isSeveral ? plans : plans[0];
  if (data !== undefined) await printData(data, output, run);
}

/**
 * Returns the parameters to write for the entries of a file. Throws for those that can never apply.
 */
export function parametersIn(
  entries: readonly Entry[],
  { account, review: { prefix, partition } }: Connection,
) {
  checkAccounts(account, entries);
  const foreign = entries.flatMap((entry) => foreignProblem(entry, partition) ?? []);
  if (foreign.length > 0) throw usage(...foreign, "Nothing was written.");
  return toParameters(prefix, entries);
}

/**
 * Warns of entries that have ended. It is called after the first response, which has AWS's time.
 */
export function warnOfEnded(
  entries: readonly Entry[],
  { review: { now } }: Connection,
  run: Run,
): void {
  for (const entry of entries) {
    const { notAfter } = entry.mapping;
    if (!isExpired(notAfter, now)) continue;
    run.log(`Warning: ${nameOfEntry(entry, "The")} ended on ${notAfter}.\n`);
  }
}

async function compare(
  entries: readonly Entry[],
  { prune, pruneDenials }: PruneOptions,
  connection: Connection,
  run: Run,
): Promise<ClusterPlan> {
  const { prefix, partition } = connection.review;
  const desired = parametersIn(entries, connection);
  const known = await readMappings(connection, run);
  warnOfEnded(entries, connection, run);
  const isInScope = (name: string) => {
    const kind = readName(prefix, name)?.kind;
    // With --account, stored deny lists are out of scope: grantManageMappings does not allow teams
    // to lift denials.
    const isPruned = kind !== "deny" || (pruneDenials === true && connection.account === undefined);
    return kind !== undefined && (isPruned || desired.has(name));
  };
  // Keep names that the authenticator ignores: under a short --prefix, they belong to other
  // clusters.
  const ours = new Map([...known].filter(([name]) => isInScope(name)));
  const keeps = (kind: ParameterKind) => !prune || (kind === "deny" && !pruneDenials);
  const wanted = withStoredEntries(prefix, partition, desired, ours, keeps);
  const plan = planChanges(ours, wanted, prune === true);
  const keptDenials = prune && !pruneDenials ? denialsBeside(entries, known, connection) : [];
  const judge = judgeAccess({ isWhole: true });
  return { plan: { ...plan, keptDenials }, known, connection, judge };
}

/**
 * Returns the stored denials that are not in the files. With --account, it omits those of other
 * accounts.
 */
function denialsBeside(
  ofFiles: readonly Entry[],
  known: ReadonlyMap<string, VersionedParameter>,
  { review: { prefix, partition } }: Connection,
): string[] {
  const stored = [...known].flatMap(
    ([name, parameter]) => readParameter(prefix, name, parameter, partition).entries,
  );
  return stored.flatMap(({ kind, account, mapping }) => {
    if (kind !== "deny") return [];
    const denied = deniedIn(mapping);
    const isInFiles = ofFiles.some((other) => {
      return other.kind === "deny" && other.account === account && isFor(other.mapping, denied);
    });
    return isInFiles ? [] : denied;
  });
}

/**
 * Adds the stored entries of lists that `keeps` selects: another operator may have added one in an
 * emergency. Stored entries keep their positions; new ones are appended.
 */
function withStoredEntries(
  prefix: string,
  partition: string,
  desired: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, VersionedParameter>,
  keeps: (kind: ParameterKind) => boolean,
): ReadonlyMap<string, string> {
  return new Map(
    [...desired].map(([parameter, value]) => {
      const kind = readName(prefix, parameter)?.kind;
      if (kind === undefined || !isListKind(kind) || !keeps(kind)) return [parameter, value];
      const name = shortName(parameter, prefix);
      const wanted: readonly EntryKey[] = JSON.parse(value);
      const wantedFor = (item: unknown) => wanted.find((key) => hasKey(item, key));
      const items = listItems(
        name,
        stored.get(parameter),
        kind,
        (item) => wantedFor(item) !== undefined,
        partition,
      );
      // Of two entries with the same key, the first is used.
      const kept = new Set(items.map((item) => wantedFor(item) ?? item));
      const others = wanted.filter((entry) => !kept.has(entry));
      if (kind === "pattern") checkOrder(name, wanted, [...kept]);
      const all = [...kept, ...others];
      // The plan drops denials that have ended, and then checks the length.
      return [parameter, kind === "deny" ? JSON.stringify(all) : valueText(name, all)];
    }),
  );
}

/**
 * Throws if the file and the stored list have different orders: the first matching pattern applies.
 */
function checkOrder(name: string, wanted: readonly EntryKey[], stored: readonly unknown[]): void {
  const positions = wanted
    .map((entry) => stored.indexOf(entry))
    .filter((position) => position >= 0);
  const at = positions.findIndex((position, index) => position < (positions[index - 1] ?? -1));
  if (at < 0) return;
  const [earlier, later] = [positions[at - 1] ?? 0, positions[at] ?? 0].map(
    (position) => (stored[position] as EntryKey).arnLike,
  );
  throw usage(
    `${name}: the file has ${earlier} before ${later}, but the stored list has the reverse order. The first pattern that ` +
      "matches applies. Change the order in the file, or replace the entire list with --prune. Nothing was written.",
  );
}

type DiffOptions = Pick<ApplyOptions, "file"> & PruneOptions & StoreOptions & OutputOptions;

export function diffCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "With --file, the exit code is 1 if apply would change something; kept denials do not count. Without --file, it compares two clusters: - is " +
      "only in the first, + only in the second, and the exit code is 1 if they differ.",
    examples: [
      "mappings diff -c prod -f mappings.yaml --prune",
      "mappings diff -c staging -c prod",
    ],
  });
  return withOptions(command, CONNECTIONS, READING, PRUNE, OUTPUT)
    .option("-f, --file <path>", FILE_HELP, collect)
    .action(async (options: DiffOptions) => diff(await clustersOf(command, run), options, run));
}

async function diff(clusters: Clusters, options: DiffOptions, run: Run): Promise<void> {
  if (options.file === undefined) return diffClusters(clusters, options, run);
  const entries = await readMappingFiles(options.file, run);
  const { results, failures } = await inEachCluster(clusters, run, (cluster, own) =>
    diffFile(entries, cluster, options, own),
  );
  const plans = results.map(({ value }) => value.data);
  if (options.output !== "table")
    await printData(clusters.isSeveral ? plans : plans[0], options.output, run);
  throwWorst(failures);
  if (results.some(({ value }) => value.isDifferent)) throw silentExit();
}

/** Compares the files with one cluster, and prints the plan as a table. */
async function diffFile(
  entries: readonly Entry[],
  cluster: ChosenCluster,
  options: DiffOptions,
  run: Run,
) {
  const connection = await connect(cluster, options, run);
  const { review } = connection;
  const { plan: wanted, known } = await compare(entries, options, connection, run);
  await requireParameters(known, connection, run);
  const current = withoutEnded(wanted, review.now);
  const { plan, managed: skipped } = await withoutManaged(current, connection, false, run);
  const destination = await destinationOf(connection, known, run);
  await functionOf(connection, run);
  const view = { known, isWhole: true, skipped };
  const { marks } = await readForAccess(plan.changes, view, connection, run);
  const shown = { ...plan, marks, warnings: warningsFor(plan.changes, review) };
  const { prefix } = review;
  if (options.output === "table")
    printPlans([{ name: cluster.name, shown, destination, prefix }], run);
  return {
    data: planData(shown, destination, prefix),
    isDifferent: plan.changes.length > 0,
  };
}

async function diffClusters(clusters: Clusters, options: DiffOptions, run: Run): Promise<void> {
  if (clusters.chosen.length !== 2) {
    throw usage("Give --file, or two clusters to compare: -c staging -c prod.");
  }
  if (options.prune) throw usage("--prune requires --file.");
  const { results, failures } = await inEachCluster(clusters, run, async (cluster, own) => {
    const connection = await connect(cluster, options, own);
    const stored = await readToCompare(connection, own);
    await requireParameters(stored, connection, own);
    return { stored, destination: await destinationOf(connection, stored, own) };
  });
  throwWorst(failures);
  const [first, second] = results.map(({ value }) => value);
  if (first === undefined || second === undefined) return;
  const desired = new Map([...second.stored].map(([name, { value }]) => [name, value]));
  const plan = planChanges(first.stored, desired, true);
  if (options.output === "table")
    printDifferences(plan, first.destination, second.destination, run);
  else {
    const { changes, unchanged } = planData({ ...plan, ...NOT_JUDGED }, second.destination, "");
    await printData(
      { from: first.destination, to: second.destination, changes, unchanged },
      options.output,
      run,
    );
  }
  if (plan.changes.length > 0) throw silentExit();
}

/** Nothing is written, so no access changes. */
const NOT_JUDGED = { marks: [], warnings: new Map() };
