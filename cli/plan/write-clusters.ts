// Writes the accepted plans of one or several clusters, to up to 16 stores at once.

import { withAwsClock } from "../aws/calls.ts";
import { isAccessDenied, toFailure } from "../aws/errors.ts";
import { limitsOf } from "../aws/rates.ts";
import { inTurns, outputByCluster } from "../cmdline/clusters.ts";
import { EXIT, type Failure, silentExit } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { beforeWrites, confirmPlans } from "./before-writes.ts";
import { isOutdated, judgePlan } from "./judge.ts";
import type { JudgedPlan, PlanOptions } from "./plan.ts";
import { printPlans } from "./show.ts";
import { Stopped } from "./stopped.ts";
import { writeInPhases } from "./write.ts";
import { writeValues } from "./write-values.ts";

/** How the clusters are written. */
interface Manner {
  readonly isSeveral: boolean;
  /**
   * Whether the other clusters are written after one has failed. Otherwise, the first is written
   * before the others.
   */
  readonly goesOn: boolean;
  /** Called after the writes of each cluster. Throws to stop. */
  readonly onWritten?: (() => Promise<void>) | undefined;
  /** How many clusters can be written a second. */
  readonly perSecond: number;
}

/** Returns the plans as they were written or not, or those that replaced them, in their order. */
export async function writeClusters(
  plans: readonly JudgedPlan[],
  options: PlanOptions,
  { isSeveral, goesOn, onWritten, perSecond }: Manner,
  run: Run,
): Promise<JudgedPlan[]> {
  const progress = startProgress("writing clusters", plans.length, run, perSecond);
  const output = outputByCluster(plans, run);
  const timer = setInterval(output.flush, FLUSH_MS);
  const runOf = (name: string) => withAwsClock(isSeveral ? output.runOf(name) : run);
  /** Aborted when no further cluster is written. */
  const stop = new AbortController();

  async function writeCluster(planned: JudgedPlan): Promise<JudgedPlan> {
    const ownRun = runOf(planned.name);
    try {
      await waitForTurn(planned, run);
      if (stop.signal.aborted) return { ...planned, state: "unwritten", failure: silentExit() };
      const written = await writeOrReplace(planned, options, ownRun);
      await onWritten?.();
      return written;
    } catch (error) {
      const failure = failureOfCluster(error, run);
      if (!goesOn || isEnd(failure)) stop.abort();
      if (failure === undefined) throw error;
      return { ...planned, state: "unwritten", failure };
    }
  }

  const first = goesOn ? [] : plans.slice(0, 1);
  const others = plans.slice(first.length);
  const showEnded = (ended: number) => isSeveral && progress.show(ended);
  try {
    const results = await inTurns(first, writeCluster, { onEnd: showEnded });
    const onEnd = (ended: number) => showEnded(first.length + ended);
    return [...results, ...(await inTurns(others, writeCluster, { onEnd }))];
  } finally {
    clearInterval(timer);
    progress.end();
    output.flush();
  }
}

/** The interval of messages during the writes. */
const FLUSH_MS = 1_000;

/**
 * Waits until the account and Region may write the changes. After Ctrl-C, the error says that
 * nothing was written.
 */
async function waitForTurn({ connection, plan }: JudgedPlan, run: Run): Promise<void> {
  const { write } = limitsOf(connection.rates, run);
  await beforeWrites(run, () => write(run.interrupted, plan.changes.length)).catch(throwStopped);
}

/**
 * Returns the failure of one cluster, beside which the others are reported; `undefined` for a bug,
 * which ends the run.
 */
function failureOfCluster(error: unknown, { interrupted }: Run): Failure | undefined {
  return error instanceof Stopped || interrupted.aborted ? toFailure(error) : undefined;
}

/** Returns whether no further cluster is written: after a bug, and after Ctrl-C. */
function isEnd(failure: Failure | undefined): boolean {
  return failure === undefined || failure.exitCode === EXIT.interrupted;
}

/**
 * Writes the plan, or the plans that replace it one after the other while one is refused. Returns
 * the last plan: written, or unchanged if nothing was left to write.
 */
async function writeOrReplace(
  planned: JudgedPlan,
  options: PlanOptions,
  run: Run,
): Promise<JudgedPlan> {
  let plan = planned;
  while (plan.state === "ready") {
    try {
      if (plan.order === undefined) await writeValues(plan.plan.changes, plan.connection, run);
      else await writeInPhases(plan, plan.order, run);
      plan = { ...plan, state: "written" };
    } catch (error) {
      plan = await replacementOf(plan, error, options, run);
    }
  }
  return plan;
}

/**
 * Returns the plan that replaces one of which a write was refused, with the state `written` if what
 * it wants is written already. Throws the error if no plan does.
 */
async function replacementOf(
  refused: JudgedPlan,
  error: unknown,
  options: PlanOptions,
  run: Run,
): Promise<JudgedPlan> {
  // A write that may be stored is not repeated elsewhere.
  const isAbsent = error instanceof Stopped && error.state === "absent";
  const isRefused = isAbsent && (isAccessDenied(error) || isOutdated(error));
  if (refused.ifRefused === undefined || !isRefused) throw error;
  const planned = await refused.ifRefused(error, run).catch(throwStopped);
  if (planned === undefined) throw error;
  const judged = await judgePlan(planned, refused.cluster, options, run).catch(throwStopped);
  printPlans([judged], run);
  if (judged.state === "refused") return throwStopped(judged.failure);
  if (judged.state === "unchanged") {
    const { outcome } = planned;
    return outcome === undefined ? judged : { ...judged, state: "written" };
  }
  await confirmPlans([judged], { ...options, yes: true }, run).catch(throwStopped);
  return judged;
}

/** Throws the error as a `Failure` of a write that has written nothing. */
function throwStopped(error: unknown): never {
  const failure = error instanceof Stopped ? undefined : toFailure(error);
  throw failure === undefined ? error : new Stopped(failure, failure.lines, "absent", error);
}
