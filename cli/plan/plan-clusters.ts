// Plans a change in one or several clusters, and judges the plans.

import { type Connection, connect } from "../aws/connection.ts";
import type { StoreOptions } from "../aws/store.ts";
import type { ChosenCluster, Clusters } from "../cmdline/chosen-clusters.ts";
import {
  type ClusterFailure,
  type ClusterRun,
  failureIn,
  inTurns,
  outputByCluster,
  runsOf,
} from "../cmdline/clusters.ts";
import { Failure, usage } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { ChangedBetween } from "./judge.ts";
import { type ClusterPlan, type Prepared, type ProposeOptions, prepare } from "./propose.ts";
import { beforeWrites } from "./stopped.ts";
import { connectOnce, neighboursOf } from "./stores.ts";
import type { ReadyCluster } from "./write-clusters.ts";

/**
 * The target of the change does not exist in a cluster. With several clusters, it is enough that it
 * exists in one.
 */
export class Absent extends Failure {}

/**
 * The clusters, grouped by the state of their plan, each group in the order of the contexts. The
 * contexts that are skipped are in no group.
 */
export interface PlannedClusters<P extends ClusterPlan = ClusterPlan> {
  /**
   * Whether the user chose several clusters. Messages do not name the only cluster, and its failure
   * is thrown.
   */
  readonly isSeveral: boolean;
  readonly ready: readonly ReadyCluster<P>[];
  /** The names of the clusters whose plan has no changes. */
  readonly idle: readonly string[];
  readonly isAbsent: boolean;
  readonly failed: readonly ClusterFailure[];
}

/** A cluster after its plan: ready, failed, or without a change. */
type Planned<P extends ClusterPlan> = ReadyCluster<P> | ClusterFailure | IdleCluster;

interface IdleCluster {
  readonly name: string;
  readonly isAbsent: boolean;
}

/** Makes the plan of one cluster; `undefined` if nothing is to change. */
type MakePlan<P extends ClusterPlan> = (
  connection: Connection,
  cluster: ChosenCluster,
  run: Run,
) => Promise<P | undefined>;

/**
 * Plans the change in each cluster, and judges it there.
 *
 * @param partition of the principal; several clusters of another partition are skipped, and named
 */
export async function planClusters<P extends ClusterPlan>(
  clusters: Clusters,
  options: ProposeOptions & StoreOptions,
  run: Run,
  makePlan: MakePlan<P>,
  partition?: string,
): Promise<PlannedClusters<P>> {
  const { isSeveral } = clusters;
  const output = outputByCluster(clusters.chosen, run);
  const runs = runsOf(clusters, run, output.runOf);
  const progress = startProgress("reading clusters", runs.length, run);
  const connectTo = isSeveral
    ? connectOnce(options, partition)
    : (cluster: ChosenCluster, ownRun: Run) => connect(cluster, options, ownRun);

  /** Returns `undefined` for a cluster that is skipped. */
  async function planCluster(clusterRun: ClusterRun): Promise<Planned<P> | undefined> {
    const { cluster, run: ownRun } = clusterRun;
    const { name } = cluster;
    try {
      const neighbours = await neighboursOf(clusterRun, runs);
      const connection = await beforeWrites(ownRun, () =>
        connectTo({ ...cluster, neighbours }, ownRun),
      );
      if (connection === undefined) return undefined;
      const judged = await planAndJudge(
        () => makePlan(connection, cluster, ownRun),
        options,
        ownRun,
      );
      return judged === undefined ? { name, isAbsent: false } : { name, cluster, ...judged };
    } catch (error) {
      if (error instanceof Absent) return absent(name, error, ownRun);
      if (!isSeveral) throw error;
      return { name, failure: failureIn(error, run) };
    }
  }

  const onEnd = isSeveral ? progress.show : undefined;
  const planned = await inTurns(runs, planCluster, { onEnd })
    .finally(progress.end)
    .finally(output.flush);
  const known = planned.filter((cluster) => cluster !== undefined);
  if (known.length === 0)
    throw usage(`No cluster is in partition ${partition}. Nothing was written.`);
  return { isSeveral, ...byState(known) };
}

/** Makes the plan and judges it; `undefined` if nothing is to change. */
export function planAndJudge<P extends ClusterPlan>(
  makePlan: () => Promise<P | undefined>,
  options: ProposeOptions,
  run: Run,
): Promise<(Prepared & { readonly plan: P }) | undefined> {
  return fromOneView(run, async () => {
    const plan = await makePlan();
    return plan && { plan, ...(await prepare(plan, options, run)) };
  });
}

/** Logs, as a message of the cluster, that the target does not exist there. */
function absent(name: string, { lines }: Absent, run: Run): IdleCluster {
  for (const line of lines) run.log(`${line}\n`);
  return { name, isAbsent: true };
}

function byState<P extends ClusterPlan>(
  planned: readonly Planned<P>[],
): Omit<PlannedClusters<P>, "isSeveral"> {
  const idle = planned.filter((cluster) => "isAbsent" in cluster);
  return {
    ready: planned.filter((cluster) => "plan" in cluster),
    idle: idle.map(({ name }) => name),
    isAbsent: idle.length === planned.length && idle.every(({ isAbsent }) => isAbsent),
    failed: planned.filter((cluster) => "failure" in cluster),
  };
}

/** Plans again if another operator changes what a plan changes while it is made. */
async function fromOneView<T>(run: Run, make: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await beforeWrites(run, make);
    } catch (error) {
      if (!(error instanceof ChangedBetween) || attempt === MOST_PLANS) throw error;
      run.log(
        `Another operator changed ${error.parameter} while the plan was made. The plan starts again.\n`,
      );
    }
  }
}

const MOST_PLANS = 5;
