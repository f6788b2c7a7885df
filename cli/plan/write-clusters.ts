// Writes the accepted plans of one or several clusters, to up to 16 stores at once.

import { withAwsClock } from "../aws/calls.ts";
import type { AwsOptions } from "../aws/client.ts";
import { isAccessDenied, toFailure } from "../aws/errors.ts";
import { limitsOf } from "../aws/rates.ts";
import { type ClusterFailure, inTurns, outputByCluster } from "../cmdline/clusters.ts";
import { EXIT, type Failure, silentExit } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { isOutdated } from "./judge.ts";
import {
  type ClusterPlan,
  confirmAll,
  type Prepared,
  type Proposal,
  type ProposeOptions,
  prepare,
} from "./propose.ts";
import { printPlans } from "./show.ts";
import { beforeWrites, Stopped } from "./stopped.ts";
import { writeAll } from "./write.ts";

/** A cluster whose change is planned and judged. */
export interface ReadyCluster<P extends ClusterPlan = ClusterPlan> extends Prepared {
  readonly name: string;
  readonly cluster: AwsOptions;
  readonly plan: P;
}

/** A cluster with changes to write. */
export type ClusterToWrite = ReadyCluster & { readonly proposal: Proposal };

export function toWrite(ready: readonly ReadyCluster[]): readonly ClusterToWrite[] {
  return ready.flatMap(({ proposal, ...cluster }) =>
    proposal === undefined ? [] : [{ ...cluster, proposal }],
  );
}

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

/**
 * Returns what was written or failed, in the order of `wanted`. Throws the failure of the only
 * cluster.
 */
export async function writeClusters(
  wanted: readonly ClusterToWrite[],
  options: ProposeOptions,
  { isSeveral, goesOn, onWritten, perSecond }: Manner,
  run: Run,
): Promise<(ReadyCluster | ClusterFailure)[]> {
  const progress = startProgress("writing clusters", wanted.length, run, perSecond);
  const output = outputByCluster(wanted, run);
  const timer = setInterval(output.flush, FLUSH_MS);
  const runOf = (name: string) => withAwsClock(isSeveral ? output.runOf(name) : run);
  /** Aborted when no further cluster is written. */
  const stop = new AbortController();

  async function writeCluster(cluster: ClusterToWrite): Promise<ReadyCluster | ClusterFailure> {
    const { name, proposal } = cluster;
    try {
      if (isSeveral) await waitForTurn(proposal, run);
      if (stop.signal.aborted) return { name, failure: silentExit() };
      const written = await writeOrReplace(cluster, options, runOf(name));
      await onWritten?.();
      return written;
    } catch (error) {
      const failure = failureOfCluster(error, run);
      if (!goesOn || isEnd(failure)) stop.abort();
      if (!isSeveral || failure === undefined) throw error;
      return { name, failure };
    }
  }

  const first = goesOn ? [] : wanted.slice(0, 1);
  const others = wanted.slice(first.length);
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
function waitForTurn({ connection, changes }: Proposal, run: Run): Promise<void> {
  return beforeWrites(run, () =>
    limitsOf(connection.rates, run).write(run.interrupted, changes.length),
  );
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
 * the plan that was written.
 */
async function writeOrReplace(
  cluster: ClusterToWrite,
  options: ProposeOptions,
  run: Run,
): Promise<ReadyCluster> {
  const { plan, proposal } = cluster;
  try {
    await writeAll(proposal, proposal.connection, run);
    return cluster;
  } catch (error) {
    // A write that may be stored is not repeated elsewhere.
    const isAbsent = error instanceof Stopped && error.state === "absent";
    const isRefused = isAbsent && (isAccessDenied(error) || isOutdated(error));
    if (plan.ifRefused === undefined || !isRefused) throw error;
    const other = await plan.ifRefused(error, run).catch(stop);
    if (other === undefined) throw error;
    return writeOther(other, cluster, options, run);
  }
}

/** Writes a plan that replaces that of the cluster. */
async function writeOther(
  plan: ClusterPlan,
  { name, cluster, proposal }: ClusterToWrite,
  options: ProposeOptions,
  run: Run,
): Promise<ReadyCluster> {
  const prepared = await prepare(plan, options, run).catch(stop);
  const ready: ReadyCluster = { name, cluster, plan, ...prepared };
  printPlans([{ ...ready, prefix: plan.connection.review.prefix }], run);
  if (ready.refusal !== undefined) return stop(ready.refusal);
  const [left] = toWrite([ready]);
  if (left === undefined) {
    // The rest of the earlier plan is written.
    const { outcome } = plan;
    return outcome === undefined ? ready : { ...ready, proposal: { ...proposal, outcome } };
  }
  await confirmAll([left.proposal], { ...options, yes: true }, run).catch(stop);
  return writeOrReplace(left, options, run);
}

/** Throws the error as a `Failure` of a write. */
function stop(error: unknown): never {
  const failure = error instanceof Stopped ? undefined : toFailure(error);
  throw failure === undefined ? error : new Stopped(failure, failure.lines, "absent", error);
}
