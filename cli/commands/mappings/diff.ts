// `mappings diff`: shows what `mappings apply` would change, or how two clusters differ.

import { connect, logAssumptions } from "../../aws/connection.ts";
import { openStore, type StoreOptions } from "../../aws/store.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst } from "../../cmdline/clusters.ts";
import type { OutputOptions } from "../../cmdline/options.ts";
import { silentExit, usage } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import type { Entry } from "../../model/entry.ts";
import { warningsFor } from "../../model/lint/lint.ts";
import { readMappingFiles } from "../../model/mapping-file.ts";
import { readForAccess } from "../../plan/access/read-for-access.ts";
import { planChanges, withoutEnded, withoutManaged } from "../../plan/changes.ts";
import { readToCompare } from "../../plan/compare-stores.ts";
import { destinationOf, requireParameters } from "../../plan/read.ts";
import { planData, printDifferences, printKeptDenials, printPlans } from "../../plan/show.ts";
import { compare, type PruneOptions } from "./compare.ts";

interface DiffOptions extends StoreOptions, OutputOptions, PruneOptions {
  readonly file?: readonly string[];
}

export async function diff(clusters: Clusters, options: DiffOptions, run: Run): Promise<void> {
  if (options.file === undefined) return diffClusters(clusters, options, run);
  const entries = await readMappingFiles(options.file, run);
  const { results, failures } = await inEachCluster(clusters, run, (cluster, ownRun) =>
    diffFile(entries, cluster, options, ownRun),
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
  const connected = await connect(cluster, options, run);
  const { plan: wanted, known, connection } = await compare(entries, options, connected, run);
  const { review } = connection;
  await requireParameters(known, connection, run);
  const current = withoutEnded(wanted, review.now);
  const { plan, managed: skipped } = await withoutManaged(current, connection, false, run);
  const destination = await destinationOf(connection, known, run);
  logAssumptions(connection, run);
  const view = { known, isWhole: true, skipped };
  const { marks } = await readForAccess(plan.changes, view, connection, run);
  const warnings = warningsFor(plan.changes, review);
  const judged = { name: cluster.name, plan, marks, warnings, destination, connection };
  if (options.output === "table") {
    printPlans([judged], run);
    printKeptDenials([judged], run);
  }
  return {
    data: planData(judged),
    isDifferent: plan.changes.length > 0,
  };
}

async function diffClusters(clusters: Clusters, options: DiffOptions, run: Run): Promise<void> {
  if (clusters.chosen.length !== 2) {
    throw usage("Give --file, or two clusters to compare: -c staging -c prod.");
  }
  if (options.prune) throw usage("--prune requires --file.");
  const { results, failures } = await inEachCluster(clusters, run, async (cluster, ownRun) => {
    const store = await openStore(cluster, options, ownRun);
    const stored = await readToCompare(store, ownRun);
    await requireParameters(stored, store, ownRun);
    return { stored, destination: await destinationOf(store, stored, ownRun) };
  });
  throwWorst(failures);
  const [first, second] = results.map(({ value }) => value);
  if (first === undefined || second === undefined) return;
  const desired = new Map([...second.stored].map(([name, { value }]) => [name, value]));
  const plan = planChanges(first.stored, desired, true);
  if (options.output === "table")
    printDifferences(plan, first.destination, second.destination, run);
  else {
    const { changes, unchanged } = planData({
      plan,
      destination: second.destination,
      ...NOT_JUDGED,
    });
    await printData(
      { from: first.destination, to: second.destination, changes, unchanged },
      options.output,
      run,
    );
  }
  if (plan.changes.length > 0) throw silentExit();
}

/** Nothing is written, so no access changes. */
const NOT_JUDGED = {
  marks: [],
  warnings: new Map(),
  // The names of both clusters have no prefix.
  connection: { review: { prefix: "" } },
};
