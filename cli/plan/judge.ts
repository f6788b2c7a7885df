// Makes the plan of one cluster and judges it: what is written, what needs consent, and what is
// refused.

import { isBesideMappings } from "../../functions/parameters/names.ts";
import { logAssumptions } from "../aws/connection.ts";
import type { ChosenCluster } from "../cmdline/chosen-clusters.ts";
import { EXIT, Failure, finding } from "../io/errors.ts";
import type { Run } from "../io/run.ts";
import { beforeWrites } from "./before-writes.ts";
import { isRemoval, withoutEnded, withoutManaged } from "./changes.ts";
import type {
  ClusterPlan,
  ClusterState,
  Judged,
  JudgedPlan,
  PlanOptions,
  PlanToJudge,
} from "./plan.ts";
import { destinationOf, requireCluster } from "./read.ts";

/**
 * Another operator changed what the plan changes, between two of its readings. A new plan may
 * succeed.
 */
export class ChangedBetween extends Failure {
  readonly parameter: string;
  constructor(parameter: string) {
    super(EXIT.awsFailure, `Other operators keep changing ${parameter}. Nothing was written.`);
    this.parameter = parameter;
  }
}

/** What the plan assumed does not hold any more. Another plan may have the same effect. */
export class Outdated extends Failure {}

export function isOutdated(error: unknown): boolean {
  return error instanceof Error && (error instanceof Outdated || isOutdated(error.cause));
}

/**
 * Makes the plan and judges it. Plans again if another operator changes what the plan changes while
 * it is made.
 *
 * @param makePlan returns `undefined` if nothing is to change
 */
export async function planAndJudge<P extends ClusterPlan>(
  cluster: ChosenCluster,
  makePlan: () => Promise<P | undefined>,
  options: PlanOptions,
  run: Run,
): Promise<ClusterState<P>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await beforeWrites(run, async () => {
        const planned = await makePlan();
        if (planned === undefined) return { state: "idle", name: cluster.name };
        return judgePlan(planned, cluster, options, run);
      });
    } catch (error) {
      if (!(error instanceof ChangedBetween) || attempt === MOST_PLANS) throw error;
      run.log(
        `Another operator changed ${error.parameter} while the plan was made. The plan starts again.\n`,
      );
    }
  }
}

const MOST_PLANS = 5;

/** Judges the plan. Throws if what its checks need cannot be read. */
export async function judgePlan<P extends ClusterPlan>(
  planned: P,
  cluster: ChosenCluster,
  options: PlanOptions,
  run: Run,
): Promise<JudgedPlan<P>> {
  const { known, connection } = planned;
  const { review } = connection;
  const force = options.force === true;
  await requireCluster(known, connection, options, run);
  const { problem } = connection.functions.own;
  // Callers and published clusters do not depend on its settings.
  if (planned.plan.changes.some(({ name }) => !isBesideMappings(name, review.prefix)))
    logAssumptions(connection, run);
  const active = withoutEnded(planned.plan, review.now);
  const { plan, managed } = await withoutManaged(active, connection, force, run);
  const toJudge: PlanToJudge = { ...planned, plan, managed, force };
  const judgement = (await planned.judge?.(toJudge, run)) ?? { marks: [] };
  // Skipped prunes are not errors: the file does not request them by name.
  const skipped = managed
    .filter((change) => !(isRemoval(change) && options.prune))
    .map((change) => change.name);
  const judged = {
    ...planned,
    ...toJudge,
    ...judgement,
    name: cluster.name,
    cluster,
    current: judgement.current ?? known,
    warnings: judgement.warnings ?? new Map(),
    notes: new Map([...(planned.notes ?? []), ...(judgement.notes ?? [])]),
    destination: await destinationOf(connection, judgement.current ?? known, run),
    skipped,
  };
  if (plan.changes.length === 0 && skipped.length === 0) return { ...judged, state: "unchanged" };
  const failure = await refusalOf(judged, problem);
  return failure === undefined
    ? { ...judged, state: "ready" }
    : { ...judged, state: "refused", failure };
}

/**
 * Returns why a plan must not be written, if it must not.
 *
 * @param problem a sentence about the settings of the function, if they are invalid
 */
async function refusalOf(
  { plan, grantsNothing, force, guard }: Judged,
  problem: string | undefined,
): Promise<Failure | undefined> {
  if (plan.changes.length === 0) return finding("Nothing was written.");
  if (problem !== undefined && !grantsNothing) return finding(`Nothing was written. ${problem}`);
  if (force) return undefined;
  try {
    await guard?.();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
