// Plans a change in one or several clusters, shows the plans, asks once, writes, and reports.

import { withAwsClock } from "../aws/calls.ts";
import { type Connection, connect, type StoreOptions } from "../aws/connection.ts";
import { shortReasonOf } from "../aws/errors.ts";
import {
  type ClusterFailure,
  type ClusterRun,
  failureIn,
  inTurns,
  linesOf,
  outputByCluster,
  runsOf,
  throwWorst,
} from "../cmdline/clusters.ts";
import type { ChosenCluster, Clusters } from "../cmdline/contexts.ts";
import { programName } from "../cmdline/spelling.ts";
import { EXIT, Failure, finding, silentExit, usage } from "../io/errors.ts";
import { listed, shellWord } from "../io/print.ts";
import { duration, startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { shortName } from "../model/evaluation.ts";
import { ChangedBetween } from "./judge.ts";
import {
  type ClusterPlan,
  confirmAll,
  count,
  EFFECT,
  outcome,
  type Prepared,
  type Proposal,
  type ProposeOptions,
  prepare,
} from "./propose.ts";
import { planData, printPlans } from "./show.ts";
import { beforeWrites } from "./stopped.ts";
import { connectOnce, neighboursOf } from "./stores.ts";
import {
  type ClusterToWrite,
  type ReadyCluster,
  toWrite,
  writeClusters,
} from "./write-clusters.ts";

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
    : (place: ChosenCluster, own: Run) => connect(place, options, own);

  /** Returns `undefined` for a cluster that is skipped. */
  async function planCluster(clusterRun: ClusterRun): Promise<Planned<P> | undefined> {
    const { place, run: own } = clusterRun;
    const { name } = place;
    try {
      const neighbours = await neighboursOf(clusterRun, runs);
      const connection = await beforeWrites(own, () => connectTo({ ...place, neighbours }, own));
      if (connection === undefined) return undefined;
      const judged = await planAndJudge(() => makePlan(connection, place, own), options, own);
      return judged === undefined ? { name, isAbsent: false } : { name, place, ...judged };
    } catch (error) {
      if (error instanceof Absent) return absent(name, error, own);
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
function planAndJudge<P extends ClusterPlan>(
  makePlan: () => Promise<P | undefined>,
  options: ProposeOptions,
  run: Run,
): Promise<(Prepared & { readonly plan: P }) | undefined> {
  return fromOneView(run, async () => {
    const plan = await makePlan();
    return plan && { plan, ...(await prepare(plan, options, run)) };
  });
}

/** Says in the cluster's messages that the target does not exist there. */
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

interface Action {
  /** The participle that begins the last line, such as `Denied`. */
  readonly done?: string;
  /**
   * Whether the other clusters are written after one has failed. A change that loosens access
   * always stops.
   */
  readonly goesOn?: boolean;
  /** Called once, after the confirmation and before the first write. Throws to write nothing. */
  readonly onAccept?: () => Promise<void>;
  /** Called after the writes of each cluster. Throws to stop. */
  readonly onWritten?: () => Promise<void>;
}

/**
 * Plans a change in the only cluster, and carries it out. `makePlan` reads what the plan changes.
 */
export async function executePlan(
  makePlan: () => Promise<ClusterPlan>,
  options: ProposeOptions,
  run: Run,
  action: Action = {},
) {
  const judged = await planAndJudge(makePlan, options, run);
  const ready = judged === undefined ? [] : [{ name: "", place: {}, ...judged }];
  const planned = { isSeveral: false, ready, idle: [], isAbsent: false, failed: [] };
  await carryOut(planned, options, run, action);
}

/**
 * Shows the plans, asks, writes and reports. Not atomic: a failure is reported by cluster, and the
 * exit code is the worst. Nothing is written if a cluster cannot be planned, unless the change goes
 * on and loosens nothing. Returns the plans, or those that replaced them.
 */
export async function carryOut(
  planned: PlannedClusters,
  options: ProposeOptions,
  run: Run,
  action: Action = {},
): Promise<readonly ClusterPlan[]> {
  const { isSeveral, ready, isAbsent } = planned;
  await showPlans(ready, options, run);
  const refused = refusedIn(planned);
  if (!isSeveral && refused[0] !== undefined) throw refused[0].failure;
  if (isAbsent) throw silentExit();
  const wanted = toWrite(ready);
  const isLooser = wanted.some(({ proposal }) => proposal.marks.length > 0);
  const goesOn = action.goesOn === true && !isLooser;
  if (!goesOn)
    throwWorst(refused, "Nothing was written, because not every cluster can be changed.");
  if (options.dryRun) {
    throwWorst(refused);
    return ready.map(({ plan }) => plan);
  }
  const perSecond = await ask(wanted, refused, options, run);
  if (wanted.length > 0) await action.onAccept?.();
  const results = await writeClusters(
    wanted,
    options,
    { isSeveral, goesOn, onWritten: action.onWritten, perSecond },
    run,
  );
  const written = results.filter((result) => "plan" in result);
  logEffects(toWrite(written), isSeveral, run);
  const now = ready.map((cluster) => written.find(({ name }) => name === cluster.name) ?? cluster);
  const failures = [...refused, ...results.filter((result) => "failure" in result)];
  report({ ...planned, ready: now }, failures, action.done, run);
  return now.map(({ plan }) => plan);
}

/** Prints the plans, or passes them as data to the command. */
async function showPlans(
  ready: readonly ReadyCluster[],
  { report: pass }: ProposeOptions,
  run: Run,
) {
  const plans = ready.map((cluster) => ({
    ...cluster,
    prefix: cluster.plan.connection.review.prefix,
  }));
  if (pass === undefined) printPlans(plans, run);
  else
    await pass(plans.map(({ shown, destination, prefix }) => planData(shown, destination, prefix)));
}

/** Returns the clusters that cannot be planned, then those whose plan a check refuses. */
function refusedIn({ ready, failed }: PlannedClusters): readonly ClusterFailure[] {
  return [
    ...failed,
    ...ready.flatMap(({ name, refusal: failure }) => (failure ? [{ name, failure }] : [])),
  ];
}

/** Asks for the consent to write. Returns how many clusters can be written a second. */
async function ask(
  wanted: readonly ClusterToWrite[],
  refused: readonly ClusterFailure[],
  options: ProposeOptions,
  run: Run,
): Promise<number> {
  if (wanted.length === 0) return Infinity;
  // The user decides with the failures in view; the error at the end repeats them.
  for (const line of options.yes ? [] : linesOf(refused)) run.log(`${line}\n`);
  const proposals = wanted.map(({ proposal }) => proposal);
  const perSecond = logIfLong(proposals, run);
  await confirmAll(proposals, options, run);
  return perSecond;
}

/** Prints the outcome, or throws it if a cluster failed or a stack's ownership skips changes. */
function report(
  planned: PlannedClusters,
  failures: readonly ClusterFailure[],
  done = "Written",
  run: Run,
): void {
  const { isSeveral, ready } = planned;
  const skips = ready.flatMap((cluster) => skipsOf(cluster, isSeveral));
  const isListed = isSeveral && ready.length + failures.length > 0;
  const last = isListed ? [lastLine(done, planned, failures, run)] : [];
  throwWorst(failures, ...last, ...skips);
  for (const line of last) run.log(`${line}\n`);
  if (skips.length > 0) throw finding(...skips);
}

/** Returns a line with the changes that a stack's ownership skips. */
function skipsOf({ name, plan, proposal }: ReadyCluster, isSeveral: boolean): string[] {
  const { skipped = [] } = proposal ?? {};
  if (skipped.length === 0) return [];
  const names = skipped.map((parameter) => shortName(parameter, plan.connection.review.prefix));
  return [
    `${isSeveral ? `${name}: ` : ""}Not written, because a stack manages it: ${listed(names, "", 10)}.`,
  ];
}

function isComplete({ plan, proposal }: ReadyCluster): boolean {
  return [...(plan.uncovered ?? []), ...(proposal?.skipped ?? [])].length === 0;
}

/** Returns how many clusters can be written a second. */
export function logIfLong(
  proposals: readonly Pick<Proposal, "changes" | "connection">[],
  run: Run,
): number {
  const sizeOf = (some: typeof proposals) => some.flatMap(({ changes }) => changes).length;
  const shares = [...Map.groupBy(proposals, ({ connection }) => connection.rates)];
  const seconds = Math.max(...shares.map(([{ writes }, some]) => sizeOf(some) / writes));
  const where = proposals.length === 1 ? "" : " in each account and Region, AWS's quota,";
  if (seconds >= LONG_S) {
    const what = `${count(sizeOf(proposals))} at ${shares[0]?.[0].writes} a second${where}`;
    const stop = "You can stop it and run the command again: it writes only what is missing.";
    run.log(`Writing ${what} takes ${duration(seconds)}. ${stop}\n`);
  }
  return proposals.length / seconds;
}

/** Shorter writes need no notice. */
const LONG_S = 60;

function logEffects(written: readonly ClusterToWrite[], isSeveral: boolean, run: Run): void {
  const output = outputByCluster(written, run);
  for (const cluster of written) {
    const { name, plan, proposal } = cluster;
    const { log } = isSeveral ? output.runOf(name) : run;
    const [effect, ...others] = plan.effect?.(withAwsClock(run).clock(), isComplete(cluster)) ?? [
      EFFECT,
    ];
    for (const line of [`${proposal.outcome ?? outcome(proposal.changes)} ${effect}`, ...others])
      log(`${line}\n`);
  }
  output.flush();
}

function lastLine(
  done: string,
  { ready, idle }: PlannedClusters,
  failures: readonly ClusterFailure[],
  run: Run,
) {
  const isDone = (cluster: ReadyCluster) =>
    isComplete(cluster) && !failures.some(({ name }) => name === cluster.name);
  const all = new Set([...ready, ...failures].map(({ name }) => name)).size + idle.length;
  const nothing = idle.length === 0 ? "" : `, nothing to do in ${idle.length}`;
  const reasons = failures.map(({ name, failure }) => `${name} (${shortReasonOf(failure)})`);
  const not = reasons.length === 0 ? "" : ` Not ${done.toLowerCase()} in: ${reasons.join(", ")}.`;
  // A later run may succeed where this one failed.
  const repeats = failures.some(({ failure }) => failure.exitCode >= EXIT.awsFailure);
  const repeat = repeats
    ? ` Repeat: ${[programName(run.environment), ...(run.words ?? []).map(shellWord)].join(" ")}`
    : "";
  return `${done} in ${ready.filter(isDone).length} of ${all} clusters${nothing}.${not}${repeat}`;
}
