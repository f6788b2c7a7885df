// Runs work in each of the clusters that the user chose, and reports failures by cluster.

import { toFailure } from "./aws/errors.ts";
import { type ExitCode, Failure } from "./errors.ts";
import { type ChosenCluster, type ClustersOptions, type ConnectionOptions, isSeveral } from "./options.ts";
import type { IOStreams } from "./terminal/io-streams.ts";

export interface ClusterFailure {
  readonly name: string;
  readonly failure: Failure;
}

/** The options for one cluster. */
export type OneOf<O extends ClustersOptions> = O & ConnectionOptions & Pick<ChosenCluster, "name">;

export interface Chosen<O extends ClustersOptions> {
  readonly name: string;
  readonly options: OneOf<O>;
  /** With several clusters, its messages begin with the cluster's name. */
  readonly io: IOStreams;
}

export function chosenClusters<O extends ClustersOptions>(options: O, io: IOStreams): Chosen<O>[] {
  const named = isSeveral(options);
  return options.clusters.map((cluster) => ({
    name: cluster.name,
    options: { ...options, ...cluster },
    io: named ? { ...io, log: (text: string) => io.log(`${cluster.name}: ${text}`) } : io,
  }));
}

interface Results<T> {
  readonly results: readonly { readonly cluster: string; readonly value: T }[];
  readonly failures: readonly ClusterFailure[];
}

/**
 * Goes on after the failure of one of several clusters. The only cluster's failure is thrown.
 *
 * @param atOnce for work that waits until it is interrupted
 */
export async function inEachCluster<O extends ClustersOptions, T>(
  options: O,
  io: IOStreams,
  work: (options: OneOf<O>, io: IOStreams) => Promise<T>,
  { atOnce = false } = {},
): Promise<Results<T>> {
  const results: { cluster: string; value: T }[] = [];
  const failures: ClusterFailure[] = [];
  async function run(one: Chosen<O>): Promise<void> {
    try {
      results.push({ cluster: one.name, value: await work(one.options, one.io) });
    } catch (error) {
      if (!isSeveral(options)) throw error;
      failures.push({ name: one.name, failure: failureIn(error, io) });
    }
  }
  const chosen = chosenClusters(options, io);
  if (atOnce) await Promise.all(chosen.map(run));
  else for (const one of chosen) await run(one);
  return { results, failures };
}

/** Throws instead if the command must stop: after Ctrl-C, and for a bug. */
export function failureIn(error: unknown, io: IOStreams): Failure {
  const failure = toFailure(error);
  if (failure === undefined || io.interrupted.aborted || io.closed.aborted) throw error;
  return failure;
}

/** Does nothing without failures. `more`: lines after those of the clusters. */
export function throwWorst(failures: readonly ClusterFailure[], ...more: readonly string[]): void {
  if (failures.length === 0) return;
  const lines = failures.flatMap(({ name, failure }) =>
    failure.lines.flatMap((line) => (line === "" ? [] : [`${name}: ${line}`])),
  );
  const worst = Math.max(...failures.map(({ failure }) => failure.exitCode)) as ExitCode;
  throw new Failure(worst, [...lines, ...more], { cause: failures[0]?.failure });
}

/** For JSON and YAML: with several clusters, each item names its cluster. */
export function withCluster<T extends object>(options: ClustersOptions, cluster: string, item: T): T {
  return isSeveral(options) ? { cluster, ...item } : item;
}
