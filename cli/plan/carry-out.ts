// Carries out the plans of one or several clusters: shows them, asks once, writes, and reports.

import { withAwsClock } from "../aws/calls.ts";
import { shortReasonOf } from "../aws/errors.ts";
import { type ClusterFailure, linesOf, outputByCluster, throwWorst } from "../cmdline/clusters.ts";
import { programName } from "../cmdline/spelling.ts";
import { EXIT, finding, silentExit } from "../io/errors.ts";
import { listed, shellWord } from "../io/print.ts";
import { duration } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { shortName } from "../model/evaluation.ts";
import { type PlannedClusters, planAndJudge } from "./plan-clusters.ts";
import {
  type ClusterPlan,
  confirmAll,
  count,
  EFFECT,
  outcome,
  type Proposal,
  type ProposeOptions,
} from "./propose.ts";
import { planData, printKeptDenials, printPlans } from "./show.ts";
import {
  type ClusterToWrite,
  type ReadyCluster,
  toWrite,
  writeClusters,
} from "./write-clusters.ts";

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
  const ready = judged === undefined ? [] : [{ name: "", cluster: {}, ...judged }];
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
  await showPlans(planned, options, run);
  const refused = refusedIn(planned);
  if (!isSeveral && refused[0] !== undefined) throw refused[0].failure;
  if (isAbsent) throw silentExit();
  const wanted = toWrite(ready);
  const isLooser = wanted.some(({ proposal }) => proposal.marks.length > 0);
  const goesOn = action.goesOn === true && !isLooser;
  if (!goesOn)
    throwWorst(refused, "Nothing was written, because not every cluster can be changed.");
  if (options.dryRun) {
    if (options.report === undefined) printKeptDenials(ready, run);
    throwWorst(refused);
    run.log("Nothing was written.\n");
    return ready.map(({ plan }) => plan);
  }
  const perSecond = await ask(wanted, refused, options, run);
  printKeptDenials(ready, run);
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
  { ready, isSeveral }: PlannedClusters,
  { report: pass }: ProposeOptions,
  run: Run,
) {
  const plans = ready.map((cluster) => ({
    ...cluster,
    prefix: cluster.plan.connection.review.prefix,
  }));
  if (pass === undefined) {
    printPlans(plans, run);
    logAfterPlans(ready, isSeveral, run);
  } else
    await pass(plans.map(({ shown, destination, prefix }) => planData(shown, destination, prefix)));
}

function logAfterPlans(ready: readonly ReadyCluster[], isSeveral: boolean, run: Run): void {
  const output = outputByCluster(ready, run);
  for (const { name, plan } of ready) {
    const { log } = isSeveral ? output.runOf(name) : run;
    for (const line of plan.afterPlan ?? []) log(`${line}\n`);
  }
  output.flush();
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
