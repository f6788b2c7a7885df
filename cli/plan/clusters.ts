// Plans a change in one or several clusters, shows the plans, asks once, and writes to up to 16 stores at once.

import { defaultMappingPrefix } from "../../functions/settings/common.ts";
import { ownAccount, withAwsClock } from "../aws/calls.ts";
import { type AwsOptions, type ClientConfig, clientConfig } from "../aws/client.ts";
import { type Connection, type ConnectionOptions, connect } from "../aws/connection.ts";
import { isAccessDenied, shortReasonOf, toFailure } from "../aws/errors.ts";
import { limitsOf } from "../aws/rates.ts";
import {
  type Chosen,
  type ClusterFailure,
  type ClustersOptions,
  chosenClusters,
  failureIn,
  inTurns,
  isSeveral,
  linesOf,
  type OneOf,
  outputByCluster,
  throwWorst,
} from "../cmdline/clusters.ts";
import { EXIT, Failure, finding, silentExit, usage } from "../io/errors.ts";
import { listed, shellWord } from "../io/print.ts";
import { duration, startProgress } from "../io/progress.ts";
import type { IOStreams } from "../io/streams.ts";
import { shortName } from "../model/evaluation.ts";
import { ChangedBetween } from "./consent.ts";
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
import { beforeWrites, Stopped } from "./stopped.ts";
import { writeAll } from "./write.ts";

/**
 * The target of the change does not exist in a cluster. With several clusters, it is enough that it
 * exists in one.
 */
export class Absent extends Failure {}

interface ReadyCluster<P extends ClusterPlan = ClusterPlan> extends Prepared {
  readonly name: string;
  readonly options: AwsOptions;
  readonly plan: P;
}

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

type Planned<P extends ClusterPlan> =
  | ReadyCluster<P>
  | ClusterFailure
  | { readonly name: string; readonly isAbsent: boolean }
  | undefined;

/**
 * Plans the change in each cluster.
 *
 * @param partition of the principal; several clusters of another partition are skipped, and named
 */
export async function planClusters<O extends ClustersOptions & ProposeOptions, P extends ClusterPlan>(
  options: O,
  io: IOStreams,
  plan: (connection: Connection, options: OneOf<O>, io: IOStreams) => Promise<P | undefined>,
  partition?: string,
): Promise<PlannedClusters<P>> {
  const several = isSeveral(options);
  const output = outputByCluster(options.clusters, io);
  const chosen = chosenClusters(options, io, output.ioOf);
  const progress = startProgress("reading clusters", chosen.length, io);
  const placeOf = several ? placesOnce(partition) : connect;
  let done = 0;
  async function planCluster(cluster: Chosen<O>): Promise<Planned<P>> {
    const { name, options: place, io: own } = cluster;
    try {
      const neighbours = await neighboursOf(cluster, chosen);
      const connection = await beforeWrites(own, () => placeOf({ ...place, neighbours }, own));
      if (connection === undefined) return undefined;
      return await fromOneView(own, async () => {
        const planned = await plan(connection, place, own);
        if (planned === undefined) return { name, isAbsent: false };
        return { name, options: place, plan: planned, ...(await prepare(planned, options, own)) };
      });
    } catch (error) {
      if (error instanceof Absent) for (const line of error.lines) own.log(`${line}\n`);
      if (error instanceof Absent) return { name, isAbsent: true };
      if (!several) throw error;
      return { name, failure: failureIn(error, io) };
    } finally {
      done += 1;
      if (several) progress.show(done);
    }
  }
  const planned = (await inTurns(chosen, planCluster).finally(progress.end).finally(output.flush)).filter(
    (one) => one !== undefined,
  );
  if (planned.length === 0) throw usage(`No cluster is in partition ${partition}. Nothing was written.`);
  const idle = planned.filter((one) => "isAbsent" in one);
  return {
    isSeveral: several,
    ready: planned.filter((one) => "plan" in one),
    idle: idle.map(({ name }) => name),
    isAbsent: idle.length === planned.length && idle.every(({ isAbsent }) => isAbsent),
    failed: planned.filter((one) => "failure" in one),
  };
}

/**
 * Returns the ids of the clusters whose functions may read the same store: no difference is known
 * before a connection in the prefix, the Region and the accounts that the contexts require.
 */
async function neighboursOf({ options: own }: Chosen<ClustersOptions>, chosen: readonly Chosen<ClustersOptions>[]) {
  const prefixOf = ({ cluster, prefix = defaultMappingPrefix(cluster) }: ConnectionOptions) => prefix;
  const isDifferent = (first: string | undefined, second: string | undefined) =>
    first !== undefined && second !== undefined && first !== second;
  const alike = chosen.filter(
    ({ options }) => prefixOf(options) === prefixOf(own) && !isDifferent(options.contextAccount, own.contextAccount),
  );
  if (alike.length <= 1) return [];
  const regions = await Promise.all(alike.map(regionOf));
  const region = regions[alike.findIndex(({ options }) => options === own)];
  return alike.flatMap(({ options }, at) => (isDifferent(regions[at], region) ? [] : options.cluster));
}

/** Returns `undefined` if the cluster's profile does not exist or has no Region. */
async function regionOf({ options, io }: Chosen<ClustersOptions>): Promise<string | undefined> {
  const known = await clientConfig(options, io).catch(() => undefined);
  return known?.config.region;
}

/** Plans again if another operator changes what a plan changes while it is made. */
async function fromOneView<T>(io: IOStreams, make: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await beforeWrites(io, make);
    } catch (error) {
      if (!(error instanceof ChangedBetween) || attempt === MOST_PLANS) throw error;
      io.log(`Another operator changed ${error.parameter} while the plan was made. The plan starts again.\n`);
    }
  }
}

const MOST_PLANS = 5;

/**
 * Returns a function that connects to each store once. It returns `undefined` for a cluster that is
 * skipped.
 */
function placesOnce(partition: string | undefined) {
  /** The names of clusters by account, Region and prefix. */
  const stores = new Map<string, string>();
  /** A promise for each Region and prefix, which resolves when the stores are known. */
  const known = new Map<string, Promise<unknown>>();

  async function enter(options: OneOf<ClustersOptions>, io: IOStreams, config: ClientConfig, earlier: unknown) {
    const connection = await connect(options, io, config);
    // connect() has checked the context's account.
    const account = options.contextAccount ?? (await ownAccount(config, io)) ?? `profile ${options.profile}`;
    await earlier;
    const store = `${account} ${config.region} ${connection.review.prefix}`;
    const same = stores.get(store);
    if (same !== undefined) io.log(`Skipped: it is the same store as ${same}.\n`);
    else stores.set(store, options.name);
    return same === undefined ? connection : undefined;
  }

  return async (options: OneOf<ClustersOptions>, io: IOStreams): Promise<Connection | undefined> => {
    const { config, partition: own } = await clientConfig(options, io);
    if (partition !== undefined && own.id !== partition) {
      io.log(`Skipped: region ${config.region} is in partition ${own.id}, not ${partition}.\n`);
      return undefined;
    }
    const place = `${config.region} ${options.prefix ?? options.cluster}`;
    const entered = enter(options, io, config, known.get(place));
    known.set(
      place,
      entered.catch(() => {}),
    );
    return entered;
  };
}

interface Action {
  /** The participle that begins the last line, such as `Denied`. */
  readonly done?: string;
  /** Whether the other clusters are written after one has failed. A change that loosens access always stops. */
  readonly goesOn?: boolean;
  /** Called after the confirmation, before the first write and after each cluster's. Throws to stop. */
  readonly recheck?: (isWritten: boolean) => Promise<void>;
}

/** Plans a change in the only cluster, and carries it out. `make` reads what the plan changes. */
export async function executePlan(
  make: () => Promise<ClusterPlan>,
  options: ProposeOptions,
  io: IOStreams,
  action: Action = {},
) {
  const ready = await fromOneView(io, async () => {
    const plan = await make();
    return { name: "", plan, options: {}, ...(await prepare(plan, options, io)) };
  });
  await carryOut({ isSeveral: false, ready: [ready], idle: [], isAbsent: false, failed: [] }, options, io, action);
}

/**
 * Shows the plans, asks, writes and reports. Not atomic: a failure is reported by cluster, and the exit code is the worst.
 * Nothing is written if a cluster cannot be planned, unless the change goes on and loosens nothing. Returns the plans, or those
 * that replaced them.
 */
export async function carryOut(
  planned: PlannedClusters,
  options: ProposeOptions,
  io: IOStreams,
  action: Action = {},
): Promise<readonly ClusterPlan[]> {
  const { isSeveral, ready, isAbsent, failed } = planned;
  const { done = "Written", goesOn = false, recheck } = action;
  const plans = ready.map((one) => ({ ...one, prefix: one.plan.connection.review.prefix }));
  if (options.report === undefined) printPlans(plans, io);
  else for (const { shown, destination, prefix } of plans) options.report(planData(shown, destination, prefix));
  const failures = [...failed, ...ready.flatMap(({ name, refusal: failure }) => (failure ? [{ name, failure }] : []))];
  if (!isSeveral && failures[0] !== undefined) throw failures[0].failure;
  if (isAbsent) throw silentExit();
  const wanted = toWrite(ready);
  const proposals = wanted.map(({ proposal }) => proposal);
  const isLooser = proposals.some(({ marks }) => marks.length > 0);
  if (!goesOn || isLooser) throwWorst(failures, "Nothing was written, because not every cluster can be changed.");
  let written: readonly ReadyCluster[] = [];
  if (!options.dryRun && wanted.length > 0) {
    // The user decides with the failures in view; throwWorst repeats them at the end.
    for (const line of options.yes ? [] : linesOf(failures)) io.log(`${line}\n`);
    const perSecond = logIfLong(proposals, io);
    await confirmAll(proposals, options, io);
    await recheck?.(false);
    const progress = startProgress("writing clusters", wanted.length, io, perSecond);
    const results = await write(wanted, options, isSeveral, goesOn && !isLooser, recheck, progress, io);
    failures.push(...results.filter((result) => "failure" in result));
    written = results.filter((result) => "plan" in result);
    logEffects(toWrite(written), isSeveral, io);
  }
  const now = ready.map((cluster) => written.find(({ name }) => name === cluster.name) ?? cluster);
  const skips = options.dryRun ? [] : now.flatMap((cluster) => skipsOf(cluster, isSeveral));
  const last =
    !options.dryRun && isSeveral && ready.length + failures.length > 0
      ? [lastLine(done, { ...planned, ready: now }, failures, io)]
      : [];
  throwWorst(failures, ...last, ...skips);
  for (const line of last) io.log(`${line}\n`);
  if (skips.length > 0) throw finding(...skips);
  return now.map(({ plan }) => plan);
}

/** Returns a line with the changes that a stack's ownership skips. */
function skipsOf({ name, plan, proposal }: ReadyCluster, isSeveral: boolean): string[] {
  const { skipped = [] } = proposal ?? {};
  if (skipped.length === 0) return [];
  const names = skipped.map((parameter) => shortName(parameter, plan.connection.review.prefix));
  return [`${isSeveral ? `${name}: ` : ""}Not written, because a stack manages it: ${listed(names, "", 10)}.`];
}

function isComplete({ plan, proposal }: ReadyCluster): boolean {
  return [...(plan.uncovered ?? []), ...(proposal?.skipped ?? [])].length === 0;
}

/** Returns how many clusters can be written a second. */
export function logIfLong(proposals: readonly Pick<Proposal, "changes" | "connection">[], io: IOStreams): number {
  const sizeOf = (some: typeof proposals) => some.flatMap(({ changes }) => changes).length;
  const shares = [...Map.groupBy(proposals, ({ connection }) => connection.rates)];
  const seconds = Math.max(...shares.map(([{ writes }, some]) => sizeOf(some) / writes));
  const where = proposals.length === 1 ? "" : " in each account and Region, AWS's quota,";
  if (seconds >= LONG_S) {
    const what = `${count(sizeOf(proposals))} at ${shares[0]?.[0].writes} a second${where}`;
    const stop = "You can stop it and run the command again: it writes only what is missing.";
    io.log(`Writing ${what} takes ${duration(seconds)}. ${stop}\n`);
  }
  return proposals.length / seconds;
}

/** Shorter writes need no notice. */
const LONG_S = 60;

type Wanted = ReadyCluster & { readonly proposal: Proposal };

function toWrite(ready: readonly ReadyCluster[]): readonly Wanted[] {
  return ready.flatMap(({ proposal, ...cluster }) => (proposal === undefined ? [] : [{ ...cluster, proposal }]));
}

/** Returns what was written or failed, in the order of `wanted`. Unless it goes on, the first is written before the others. */
async function write(
  wanted: readonly Wanted[],
  options: ProposeOptions,
  isSeveral: boolean,
  goesOn: boolean,
  recheck: Action["recheck"],
  progress: Pick<ReturnType<typeof startProgress>, "show" | "end">,
  io: IOStreams,
): Promise<(ReadyCluster | ClusterFailure)[]> {
  const output = outputByCluster(wanted, io);
  const timer = setInterval(output.flush, FLUSH_MS);
  let [written, isStopped] = [0, false];
  async function writeOne(cluster: Wanted): Promise<ReadyCluster | ClusterFailure> {
    const { name, proposal } = cluster;
    const { connection, changes } = proposal;
    try {
      if (isSeveral) await beforeWrites(io, () => limitsOf(connection.rates, io).write(io.interrupted, changes.length));
      if (isStopped) return { name, failure: silentExit() };
      const result = await writeOrReplace(cluster, options, withAwsClock(isSeveral ? output.ioOf(name) : io));
      await recheck?.(true);
      return result;
    } catch (error) {
      const failure = error instanceof Stopped || io.interrupted.aborted ? toFailure(error) : undefined;
      isStopped ||= !goesOn || failure === undefined || failure.exitCode === EXIT.interrupted;
      if (!isSeveral || failure === undefined) throw error;
      return { name, failure };
    } finally {
      written += 1;
      if (isSeveral) progress.show(written);
    }
  }
  const first = goesOn ? [] : wanted.slice(0, 1);
  try {
    const results = await inTurns(first, writeOne);
    return [...results, ...(await inTurns(wanted.slice(first.length), writeOne))];
  } finally {
    clearInterval(timer);
    progress.end();
    output.flush();
  }
}

/** Writes the plan, or the plan that replaces it if AWS refuses the write. Returns the plan that was written. */
async function writeOrReplace(cluster: Wanted, options: ProposeOptions, io: IOStreams): Promise<ReadyCluster> {
  const { name, options: place, plan, proposal } = cluster;
  try {
    await writeAll(proposal, proposal.connection, io);
    return cluster;
  } catch (error) {
    if (plan.ifRefused === undefined || !isAccessDenied(error)) throw error;
  }
  try {
    const other = { ...(await plan.ifRefused(io)), ...(plan.effect && { effect: plan.effect }) };
    const ready: ReadyCluster = { name, options: place, plan: other, ...(await prepare(other, options, io)) };
    printPlans([{ ...ready, prefix: other.connection.review.prefix }], io);
    if (ready.refusal !== undefined) throw ready.refusal;
    if (ready.proposal === undefined) return ready;
    await confirmAll([ready.proposal], { ...options, yes: true }, io);
    await writeAll(ready.proposal, other.connection, io);
    return ready;
  } catch (error) {
    const failure = error instanceof Stopped ? undefined : toFailure(error);
    throw failure === undefined ? error : new Stopped(failure, failure.lines, "absent", error);
  }
}

/** The interval of messages during the writes. */
const FLUSH_MS = 1_000;

function logEffects(written: readonly Wanted[], isSeveral: boolean, io: IOStreams): void {
  const output = outputByCluster(written, io);
  for (const cluster of written) {
    const { name, plan, proposal } = cluster;
    const { log } = isSeveral ? output.ioOf(name) : io;
    const [effect, ...others] = plan.effect?.(withAwsClock(io).clock(), isComplete(cluster)) ?? [EFFECT];
    for (const line of [`${proposal.outcome ?? outcome(proposal.changes)} ${effect}`, ...others]) log(`${line}\n`);
  }
  output.flush();
}

function lastLine(done: string, { ready, idle }: PlannedClusters, failures: readonly ClusterFailure[], io: IOStreams) {
  const isDone = (cluster: ReadyCluster) => isComplete(cluster) && !failures.some(({ name }) => name === cluster.name);
  const all = new Set([...ready, ...failures].map(({ name }) => name)).size + idle.length;
  const nothing = idle.length === 0 ? "" : `, nothing to do in ${idle.length}`;
  const reasons = failures.map(({ name, failure }) => `${name} (${shortReasonOf(failure)})`);
  const not = reasons.length === 0 ? "" : ` Not ${done.toLowerCase()} in: ${reasons.join(", ")}.`;
  // A later run may succeed where this one failed.
  const repeats = failures.some(({ failure }) => failure.exitCode >= EXIT.awsFailure);
  const repeat = repeats ? ` Repeat: iam-authenticator ${(io.words ?? []).map(shellWord).join(" ")}` : "";
  return `${done} in ${ready.filter(isDone).length} of ${all} clusters${nothing}.${not}${repeat}`;
}
