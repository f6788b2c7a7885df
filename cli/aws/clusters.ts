// Runs work in each of the clusters that the user chose, and reports failures by cluster.

import { type ExitCode, Failure } from "../errors.ts";
import { type ClustersOptions, type ConnectionOptions, isSeveral } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { toFailure } from "./errors.ts";

export interface ClusterFailure {
  readonly name: string;
  readonly failure: Failure;
}

/** The options for one cluster. */
export type OneOf<O extends ClustersOptions> = O & ConnectionOptions;

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
    io: named ? { ...io, tell: (text: string) => io.tell(`${cluster.name}: ${text}`) } : io,
  }));
}

interface Results<T> {
  readonly results: readonly { readonly cluster: string; readonly value: T }[];
  readonly failures: readonly ClusterFailure[];
}

/** Goes on after the failure of one of several clusters. The only cluster's failure is thrown. */
export async function inEachCluster<O extends ClustersOptions, T>(
  options: O,
  io: IOStreams,
  work: (options: OneOf<O>, io: IOStreams) => Promise<T>,
): Promise<Results<T>> {
  const results: { cluster: string; value: T }[] = [];
  const failures: ClusterFailure[] = [];
  for (const one of chosenClusters(options, io)) {
    try {
      results.push({ cluster: one.name, value: await work(one.options, one.io) });
    } catch (error) {
      if (!isSeveral(options)) throw error;
      failures.push({ name: one.name, failure: failureIn(error, io) });
    }
  }
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
  throw new Failure(worst, [...lines, ...more]);
}

/** For JSON and YAML: with several clusters, each item names its cluster. */
export function withCluster<T extends object>(options: ClustersOptions, cluster: string, item: T): T {
  return isSeveral(options) ? { cluster, ...item } : item;
}
