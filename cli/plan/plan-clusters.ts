// Plans a change in each of the clusters that the user chose, and judges the plans.

import { type Connection, withFunctions } from "../aws/connection.ts";
import { openStore, type Store, type StoreOptions } from "../aws/store.ts";
import type { ChosenCluster, Clusters } from "../cmdline/chosen-clusters.ts";
import {
  type ClusterRun,
  failureIn,
  inTurns,
  outputByCluster,
  runsOf,
} from "../cmdline/clusters.ts";
import { Failure, usage } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { beforeWrites } from "./before-writes.ts";
import { planAndJudge } from "./judge.ts";
import type { ClusterPlan, ClusterState, PlannedClusters, PlanOptions } from "./plan.ts";
import { neighboursOf, openOnce } from "./stores.ts";

/**
 * The target of the change does not exist in a cluster. With several clusters, it is enough that it
 * exists in one.
 */
export class Absent extends Failure {}

/** What the change is for. */
interface Target {
  /**
   * The partition of the principal. With several clusters, those of another partition are skipped,
   * and named.
   */
  readonly partition?: string | undefined;
  /** Throws if the words of the user name no target. It is called before the first call to AWS. */
  readonly checkTarget?: (store: Store) => void;
}

/** Makes the plan of one cluster; `undefined` if nothing is to change. */
type MakePlan<P extends ClusterPlan> = (
  connection: Connection,
  cluster: ChosenCluster,
  run: Run,
) => Promise<P | undefined>;

/** Plans the change in each cluster, and judges it there. */
export async function planClusters<P extends ClusterPlan>(
  clusters: Clusters,
  options: PlanOptions & StoreOptions,
  run: Run,
  makePlan: MakePlan<P>,
  { partition, checkTarget }: Target = {},
): Promise<PlannedClusters<P>> {
  const { isSeveral } = clusters;
  const output = outputByCluster(clusters.chosen, run);
  const runs = runsOf(clusters, run, output.runOf);
  const progress = startProgress("reading clusters", runs.length, run);
  const open = isSeveral
    ? openOnce(options, partition)
    : (cluster: ChosenCluster, ownRun: Run) => openStore(cluster, options, ownRun);

  /** Returns `undefined` for a cluster that is skipped. */
  async function planCluster({ cluster, run: ownRun }: ClusterRun) {
    const { name } = cluster;
    try {
      const store = await beforeWrites(ownRun, () => open(cluster, ownRun));
      if (store === undefined) return undefined;
      checkTarget?.(store);
      const neighbours = isSeveral ? await neighboursOf(cluster, runs) : [];
      const connection = await beforeWrites(ownRun, () => withFunctions(store, neighbours, ownRun));
      const make = () => makePlan(connection, cluster, ownRun);
      return await planAndJudge(cluster, make, options, ownRun);
    } catch (error) {
      if (error instanceof Absent) return absent(name, error, ownRun);
      if (!isSeveral) throw error;
      const failure = failureIn(error, run);
      return { state: "unplanned", name, failure } satisfies ClusterState<P>;
    }
  }

  const onEnd = isSeveral ? progress.show : undefined;
  const planned = await inTurns(runs, planCluster, { onEnd })
    .finally(progress.end)
    .finally(output.flush);
  const known = planned.filter((cluster) => cluster !== undefined);
  if (known.length === 0)
    throw usage(`No cluster is in partition ${partition}. Nothing was written.`);
  return { isSeveral, clusters: known };
}

/** Logs, as a message of the cluster, that the target does not exist there. */
function absent(name: string, { lines }: Absent, run: Run) {
  for (const line of lines) run.log(`${line}\n`);
  return { state: "absent", name } as const;
}
