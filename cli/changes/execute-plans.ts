// Carries out the plans of one or several clusters: shows all, asks once, writes cluster by cluster.

import { ownAccount } from "../aws/caller-identity.ts";
import { withAwsClock } from "../aws/calls.ts";
import { type Connection, connect } from "../aws/connection.ts";
import { type Chosen, type ClusterFailure, chosenClusters, failureIn, type OneOf, throwWorst } from "../clusters.ts";
import { EXIT, Failure, silentExit, usage } from "../errors.ts";
import { type ClustersOptions, isSeveral } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { shellWord } from "../terminal/print.ts";
import { type ClusterPlan, confirmAll, outcome, type Proposal, type ProposeOptions, prepare } from "./propose.ts";
import { Stopped } from "./stopped.ts";
import { writeAll } from "./write-all.ts";

interface ExecuteOptions {
  /**
   * Whether the other clusters are written after one has failed. The error then has the command to repeat. A change that
   * loosens access never goes on.
   */
  readonly goesOn?: boolean;
  /** Called after the confirmation, before the first write and after the last. Throws to stop. */
  readonly recheck?: (isWritten: boolean) => Promise<void>;
}

interface ClusterTask {
  /** For messages; empty if it is the only cluster. */
  readonly name: string;
  readonly io: IOStreams;
  /** Reads the cluster and plans its changes; `undefined` if nothing is to do there. */
  readonly plan: () => Promise<ClusterPlan | undefined>;
}

/** What the command changes does not exist in a cluster. Of several clusters, one is enough. */
export class Absent extends Failure {}

interface Ready extends Pick<ClusterTask, "name" | "io"> {
  readonly proposal: Proposal;
}

export async function executePlan(
  planned: ClusterPlan,
  options: ProposeOptions,
  io: IOStreams,
  more: Pick<ExecuteOptions, "recheck"> = {},
): Promise<void> {
  await executePlans([{ name: "", io, plan: async () => planned }], options, io, more);
}

/**
 * Not atomic: a failure is reported by cluster, and the exit code is the worst. Nothing is written if a cluster cannot
 * be planned, unless the change goes on and loosens nothing.
 */
export async function executePlans(
  tasks: readonly ClusterTask[],
  options: ProposeOptions,
  io: IOStreams,
  { goesOn = false, recheck }: ExecuteOptions = {},
): Promise<void> {
  const failures: ClusterFailure[] = [];
  const ready: Ready[] = [];
  let absent = 0;
  for (const task of tasks) {
    try {
      const planned = await task.plan();
      const proposal = planned && (await prepare(planned, options, task.io));
      if (proposal !== undefined) ready.push({ ...task, proposal });
    } catch (error) {
      if (task.name === "") throw error;
      if (error instanceof Absent) {
        for (const line of error.lines) task.io.log(`${line}\n`);
        absent += 1;
      } else failures.push({ name: task.name, failure: failureIn(error, io) });
    }
  }
  if (absent === tasks.length) throw silentExit();
  const isLooser = ready.some(({ proposal }) => proposal.marks.length > 0);
  if (!goesOn || isLooser) throwWorst(failures, "Nothing was written, because not every cluster can be changed.");
  const again = () => (goesOn && !isLooser && !options.dryRun ? repeat(failures, io) : []);
  if (ready.length === 0 || options.dryRun) return throwWorst(failures, ...again());
  // The user decides with the failures in view; throwWorst repeats them at the end.
  const seen = options.yes ? [] : failures;
  for (const { name, failure } of seen) for (const line of failure.lines) io.log(`${name}: ${line}\n`);
  await confirmAll(
    ready.map(({ proposal }) => proposal),
    options,
    io,
  );
  await recheck?.(false);
  const written = await writeReady(ready, goesOn && !isLooser, recheck);
  failures.push(...written.failures);
  throwWorst(failures, ...written.left, ...again());
  if (ready.some(({ proposal }) => proposal.isPartial)) throw silentExit();
}

/** The command, if a later run may succeed where this one failed. */
function repeat(failures: readonly ClusterFailure[], { words = [] }: IOStreams): string[] {
  if (!failures.some(({ failure }) => failure.exitCode === EXIT.fault)) return [];
  return [`To repeat it where it failed, run: iam-authenticator ${words.map(shellWord).join(" ")}`];
}

async function writeReady(ready: readonly Ready[], goesOn: boolean, recheck: ExecuteOptions["recheck"]) {
  const failures: ClusterFailure[] = [];
  for (const [index, { name, io, proposal }] of ready.entries()) {
    try {
      await writeAll(proposal, proposal.connection, withAwsClock(io));
      await recheck?.(true);
      const [effect, ...others] = proposal.effect(withAwsClock(io).clock());
      io.log(`${proposal.outcome ?? outcome(proposal.changes)} ${effect}\n`);
      for (const line of others) io.log(`${line}\n`);
    } catch (error) {
      if (name === "" || !(error instanceof Stopped)) throw error;
      failures.push({ name, failure: error });
      const left = ready.slice(index + 1).map((one) => one.name);
      const stops = !goesOn || error.exitCode === EXIT.interrupted;
      if (stops && left.length > 0) return { failures, left: [`Not written: ${left.join(", ")}.`] };
    }
  }
  return { failures, left: [] };
}

type MakePlan<O extends ClustersOptions> = (
  connection: Connection,
  options: OneOf<O>,
  io: IOStreams,
) => Promise<ClusterPlan | undefined>;

/** @param partition of the principal; of several clusters, those of other partitions are skipped by name */
export async function clusterTasks<O extends ClustersOptions>(
  options: O,
  io: IOStreams,
  plan: MakePlan<O>,
  partition?: string,
): Promise<ClusterTask[]> {
  const chosen = chosenClusters(options, io);
  if (!isSeveral(options)) {
    return chosen.map((one) => ({
      name: "",
      io,
      plan: async () => plan(await connect(one.options, io), one.options, io),
    }));
  }
  const stores = new Map<string, string>();
  const tasks: ClusterTask[] = [];
  for (const one of chosen) tasks.push(...(await taskFor(one, plan, partition, stores)));
  if (tasks.length > 0) return tasks;
  throw usage(`No cluster is in partition ${partition}. Nothing was written.`);
}

/** `stores`: the clusters so far, by account, region and prefix. */
async function taskFor<O extends ClustersOptions>(
  { name, options, io }: Chosen<O>,
  plan: MakePlan<O>,
  partition: string | undefined,
  stores: Map<string, string>,
): Promise<ClusterTask[]> {
  try {
    const connection = await connect(options, io);
    const { region, partition: own } = connection.settings;
    if (partition !== undefined && own.id !== partition) {
      io.log(`Skipped: region ${region} is in partition ${own.id}, not ${partition}.\n`);
      return [];
    }
    // connect() has checked the context's account.
    const known = options.contextAccount ?? (await ownAccount(connection.config, io));
    const account = known ?? `profile ${options.profile}`;
    const store = `${account} ${region} ${connection.context.prefix}`;
    const same = stores.get(store);
    if (same !== undefined) {
      io.log(`Skipped: it is the same store as ${same}.\n`);
      return [];
    }
    stores.set(store, name);
    return [{ name, io, plan: () => plan(connection, options, io) }];
  } catch (error) {
    const failure = failureIn(error, io);
    return [{ name, io, plan: () => Promise.reject(failure) }];
  }
}
