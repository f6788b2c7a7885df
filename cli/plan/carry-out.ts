// Carries out the plans of one or several clusters: shows them, asks once, writes, and reports.

import { shortName } from "../../functions/parameters/names.ts";
import { withAwsClock } from "../aws/calls.ts";
import { shortReasonOf } from "../aws/errors.ts";
import { type ClusterFailure, linesOf, outputByCluster, throwWorst } from "../cmdline/clusters.ts";
import { programName } from "../cmdline/spelling.ts";
import { EXIT, finding, silentExit } from "../io/errors.ts";
import { listed, shellWord } from "../io/print.ts";
import { duration } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { confirmPlans } from "./before-writes.ts";
import { count, outcome } from "./changes.ts";
import {
  type ClusterState,
  EFFECT,
  type JudgedPlan,
  judgedPlans,
  type PlannedClusters,
  type PlanOptions,
} from "./plan.ts";
import { planData, printKeptDenials, printPlans } from "./show.ts";
import { writeClusters } from "./write-clusters.ts";

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
 * Shows the plans, asks, writes and reports. Not atomic: a failure is reported by cluster, and the
 * exit code is the worst. Nothing is written if a cluster cannot be planned, unless the change goes
 * on and loosens nothing. Returns the plans, or those that replaced them.
 */
export async function carryOut(
  planned: PlannedClusters,
  options: PlanOptions,
  run: Run,
  action: Action = {},
): Promise<readonly JudgedPlan[]> {
  const { isSeveral, clusters } = planned;
  const plans = judgedPlans(planned);
  await showPlans(plans, isSeveral, options, run);
  const refused = failuresIn(clusters);
  if (!isSeveral && refused[0] !== undefined) throw refused[0].failure;
  if (clusters.every(({ state }) => state === "absent")) throw silentExit();
  const ready = plans.filter(({ state }) => state === "ready");
  const isLooser = ready.some(({ marks }) => marks.length > 0);
  const goesOn = action.goesOn === true && !isLooser;
  if (!goesOn)
    throwWorst(refused, "Nothing was written, because not every cluster can be changed.");
  if (options.dryRun) {
    if (options.report === undefined) printKeptDenials(plans, run);
    throwWorst(refused);
    run.log("Nothing was written.\n");
    return plans;
  }
  await ask(ready, refused, options, run);
  printKeptDenials(plans, run);
  if (ready.length > 0) await action.onAccept?.();
  const perSecond = ready.length === 0 ? Infinity : ready.length / secondsOf(ready);
  const manner = { isSeveral, goesOn, onWritten: action.onWritten, perSecond };
  const tried = await writeClusters(ready, options, manner, run);
  logEffects(tried, isSeveral, run);
  const now = clusters.map((cluster) => tried.find(({ name }) => name === cluster.name) ?? cluster);
  report({ isSeveral, clusters: now }, action.done, run);
  return judgedPlans({ isSeveral, clusters: now });
}

/** Prints the plans, or passes them as data to the command. */
async function showPlans(
  plans: readonly JudgedPlan[],
  isSeveral: boolean,
  { report: pass }: PlanOptions,
  run: Run,
): Promise<void> {
  if (pass !== undefined) return pass(plans.map(planData));
  printPlans(plans, run);
  const output = outputByCluster(plans, run);
  for (const { name, afterPlan = [] } of plans) {
    const { log } = isSeveral ? output.runOf(name) : run;
    for (const line of afterPlan) log(`${line}\n`);
  }
  output.flush();
}

/** Returns the failures: those of plans, then of their checks, then of writes. */
function failuresIn(clusters: PlannedClusters["clusters"]): readonly ClusterFailure[] {
  const failed = clusters.filter((cluster) => "failure" in cluster);
  return (["unplanned", "refused", "unwritten"] as const).flatMap((state) =>
    failed.filter((cluster) => cluster.state === state),
  );
}

/** Asks for the consent to write. */
async function ask(
  plans: readonly JudgedPlan[],
  refused: readonly ClusterFailure[],
  options: PlanOptions,
  run: Run,
): Promise<void> {
  if (plans.length === 0) return;
  // The user decides with the failures in view; the error at the end repeats them.
  for (const line of options.yes ? [] : linesOf(refused)) run.log(`${line}\n`);
  logIfLong(plans, run);
  await confirmPlans(plans, options, run);
}

/** Prints the outcome, or throws it if a cluster failed or a stack's ownership skips changes. */
function report(planned: PlannedClusters, done = "Written", run: Run): void {
  const { isSeveral, clusters } = planned;
  const failures = failuresIn(clusters);
  if (!isSeveral && failures[0] !== undefined) throw failures[0].failure;
  const skips = judgedPlans(planned).flatMap((plan) => skipsOf(plan, isSeveral));
  const isListed =
    isSeveral && clusters.some((cluster) => "plan" in cluster || "failure" in cluster);
  const last = isListed ? [lastLine(done, clusters, failures, run)] : [];
  throwWorst(failures, ...last, ...skips);
  for (const line of last) run.log(`${line}\n`);
  if (skips.length > 0) throw finding(...skips);
}

/** Returns a line with the changes that a stack's ownership skips. */
function skipsOf({ name, state, skipped, connection }: JudgedPlan, isSeveral: boolean): string[] {
  if (skipped.length === 0 || state === "refused") return [];
  const names = skipped.map((parameter) => shortName(parameter, connection.review.prefix));
  return [
    `${isSeveral ? `${name}: ` : ""}Not written, because a stack manages it: ${listed(names, "", 10)}.`,
  ];
}

function isComplete({ uncovered = [], skipped }: JudgedPlan): boolean {
  return uncovered.length + skipped.length === 0;
}

type Writes = readonly Pick<JudgedPlan, "plan" | "connection">[];

function sizeOf(plans: Writes): number {
  return plans.flatMap(({ plan }) => plan.changes).length;
}

/** Returns how many seconds the writes of one or more plans take at most. Clusters of an account and Region share its limit. */
function secondsOf(plans: Writes): number {
  const shares = [...Map.groupBy(plans, ({ connection }) => connection.rates)];
  return Math.max(...shares.map(([{ writes }, some]) => sizeOf(some) / writes));
}

/** Logs how long the writes take, if that is long. */
export function logIfLong(plans: Writes, { log }: Pick<Run, "log">): void {
  const seconds = secondsOf(plans);
  if (seconds < LONG_S) return;
  const where = plans.length === 1 ? "" : " in each account and Region, AWS's quota,";
  const what = `${count(sizeOf(plans))} at ${plans[0]?.connection.rates.writes} a second${where}`;
  const stop = "You can stop it and run the command again: it writes only what is missing.";
  log(`Writing ${what} takes ${duration(seconds)}. ${stop}\n`);
}

/** Shorter writes need no notice. */
const LONG_S = 60;

function logEffects(tried: readonly JudgedPlan[], isSeveral: boolean, run: Run): void {
  const output = outputByCluster(tried, run);
  for (const plan of tried.filter(({ state }) => state === "written")) {
    const { log } = isSeveral ? output.runOf(plan.name) : run;
    const now = withAwsClock(run).clock();
    const [first, ...others] = plan.effect?.(now, isComplete(plan)) ?? [EFFECT];
    for (const line of [`${plan.outcome ?? outcome(plan.plan.changes)} ${first}`, ...others])
      log(`${line}\n`);
  }
  output.flush();
}

function lastLine(
  done: string,
  clusters: readonly ClusterState[],
  failures: readonly ClusterFailure[],
  run: Run,
): string {
  const isDone = (cluster: ClusterState) =>
    "plan" in cluster && !("failure" in cluster) && isComplete(cluster);
  const idle = clusters.filter(({ state }) => state === "absent" || state === "idle").length;
  const nothing = idle === 0 ? "" : `, nothing to do in ${idle}`;
  const reasons = failures.map(({ name, failure }) => `${name} (${shortReasonOf(failure)})`);
  const not = reasons.length === 0 ? "" : ` Not ${done.toLowerCase()} in: ${reasons.join(", ")}.`;
  // A later run may succeed where this one failed.
  const repeats = failures.some(({ failure }) => failure.exitCode >= EXIT.awsFailure);
  const repeat = repeats
    ? ` Repeat: ${[programName(run.environment), ...(run.words ?? []).map(shellWord)].join(" ")}`
    : "";
  return `${done} in ${clusters.filter(isDone).length} of ${clusters.length} clusters${nothing}.${not}${repeat}`;
}
