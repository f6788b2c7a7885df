// Runs work in each of the clusters that the user chose, and reports failures by cluster.

import type { AwsOptions } from "../aws/client.ts";
import { toFailure } from "../aws/errors.ts";
import { type ExitCode, Failure } from "../io/errors.ts";
import { listed } from "../io/print.ts";
import type { Run } from "../io/run.ts";
import type { ChosenCluster, Clusters } from "./chosen-clusters.ts";

export interface ClusterFailure {
  readonly name: string;
  readonly failure: Failure;
}

/** A cluster, and the run of the work in it, which has its output. */
export interface ClusterRun {
  readonly cluster: ChosenCluster;
  /** With several clusters, its messages begin with its name. */
  readonly run: Run;
}

/**
 * Returns the clusters with their runs.
 *
 * @param runOf returns the run of one of several clusters
 */
export function runsOf(
  { chosen, isSeveral }: Clusters,
  run: Run,
  runOf: (name: string) => Run = (name) => ({
    ...run,
    log: (text) => run.log(`${name}: ${text}`),
  }),
): ClusterRun[] {
  return chosen.map((cluster) => ({ cluster, run: isSeveral ? runOf(cluster.name) : run }));
}

/** The number of stores that are read or written at once. */
const STORES_AT_ONCE = 16;

/** After this time, a cluster delays no other. */
const SLOW_MS = 3_000;

interface Turns {
  /** The number of clusters in which work runs at once. */
  readonly atOnce?: number | undefined;
  /** Called with the number of clusters whose work has ended. */
  readonly onEnd?: ((ended: number) => void) | undefined;
}

/**
 * Runs the work for each cluster. Results are in the order of the clusters. `work` starts in another
 * order: clusters of one account and Region share a rate limit, so they are not all started first.
 */
export async function inTurns<C extends { readonly cluster: AwsOptions }, T>(
  items: readonly C[],
  work: (item: C) => Promise<T>,
  { atOnce = STORES_AT_ONCE, onEnd }: Turns = {},
): Promise<T[]> {
  const groups = Map.groupBy(
    items.entries(),
    ([, { cluster }]) => `${cluster.profile} ${cluster.region}`,
  );
  const ranked = [...groups.values()].flatMap((group) =>
    group.map(([index, item], rank) => ({ index, item, rank })),
  );
  const running = new Set<Promise<unknown>>();
  const results: Promise<T>[] = [];
  let ended = 0;
  for (const { index, item } of ranked.sort((a, b) => a.rank - b.rank)) {
    while (running.size >= atOnce) await Promise.race(running);
    const { promise: slot, resolve } = Promise.withResolvers<unknown>();
    const timer = atOnce < STORES_AT_ONCE ? undefined : setTimeout(resolve, SLOW_MS);
    const result = work(item).finally(() => {
      ended += 1;
      onEnd?.(ended);
      resolve(clearTimeout(timer));
    });
    // It is thrown after all have started.
    result.catch(() => {});
    results[index] = result;
    const left: Promise<unknown> = slot.then(() => running.delete(left));
    running.add(left);
  }
  return Promise.all(results);
}

/**
 * Keeps the output of clusters, and prints it in their order. A message that several have in common
 * is printed once.
 */
export function outputByCluster(clusters: readonly Pick<ChosenCluster, "name">[], run: Run) {
  let kept: { readonly name: string; readonly text?: string; readonly print?: () => void }[] = [];
  return {
    runOf: (name: string): Run => ({
      ...run,
      shared: run,
      watched: true,
      showProgress() {},
      log: (text) => void kept.push({ name, text }),
      print: (...words) => void kept.push({ name, print: () => run.print(...words) }),
    }),
    flush(): void {
      const sorted = clusters.flatMap(({ name }) =>
        kept.filter((message) => message.name === name),
      );
      kept = [];
      for (const [text, same] of Map.groupBy(sorted, (message) => message.text)) {
        if (text !== undefined)
          run.log(`${listed([...new Set(same.map(({ name }) => name))])}: ${text}`);
      }
      for (const { print } of sorted) print?.();
    },
  };
}

type Result<T> = { readonly cluster: string; readonly value: T };

/**
 * Runs the work in each cluster, and continues after the failure of one of several. Throws the
 * failure of the only cluster.
 *
 * @param atOnce for work that reads more than Parameter Store, and whose output is printed at once
 */
export async function inEachCluster<T>(
  clusters: Clusters,
  run: Run,
  work: (cluster: ChosenCluster, run: Run) => Promise<T>,
  { atOnce }: { readonly atOnce?: number } = {},
) {
  const output = outputByCluster(clusters.chosen, run);
  const runs = runsOf(clusters, run, atOnce === undefined ? output.runOf : undefined);
  async function runIn({ cluster, run: ownRun }: ClusterRun): Promise<Result<T> | ClusterFailure> {
    try {
      return { cluster: cluster.name, value: await work(cluster, ownRun) };
    } catch (error) {
      if (!clusters.isSeveral) throw error;
      return { name: cluster.name, failure: failureIn(error, run) };
    }
  }
  const outcomes = await inTurns(runs, runIn, { atOnce }).finally(output.flush);
  return {
    results: outcomes.filter((result) => "value" in result),
    failures: outcomes.filter((result) => "failure" in result),
  };
}

/** Returns the failure. Throws instead if the command must stop: after Ctrl-C, and for a bug. */
export function failureIn(error: unknown, run: Run): Failure {
  const failure = toFailure(error);
  if (failure === undefined || run.interrupted.aborted || run.closed.aborted) throw error;
  return failure;
}

/**
 * Throws the failure with the worst exit code, and does nothing without failures. `more` are lines
 * after those of the clusters.
 */
export function throwWorst(failures: readonly ClusterFailure[], ...more: readonly string[]): void {
  if (failures.length === 0) return;
  const worst = Math.max(...failures.map(({ failure }) => failure.exitCode)) as ExitCode;
  throw new Failure(worst, [...linesOf(failures), ...more], { cause: failures[0]?.failure });
}

export function linesOf(failures: readonly ClusterFailure[]): string[] {
  const all = failures.flatMap(({ name, failure }) =>
    failure.lines.map((line) => ({ name, line })),
  );
  return [...Map.groupBy(all, ({ line }) => line)]
    .filter(([line]) => line !== "")
    .map(([line, some]) => `${listed(some.map(({ name }) => name))}: ${line}`);
}

/** Returns an item for JSON and YAML, which names its cluster if there are several. */
export function withCluster<T extends object>(
  { isSeveral }: Clusters,
  cluster: string,
  item: T,
): T {
  return isSeveral ? { cluster, ...item } : item;
}
