// Opens the stores of a command's clusters.

import { ownAccount } from "../aws/calls.ts";
import { type AwsAccess, clientConfig } from "../aws/client.ts";
import { openStore, type Store, type StoreOptions } from "../aws/store.ts";
import { type ChosenCluster, prefixOf } from "../cmdline/chosen-clusters.ts";
import type { ClusterRun } from "../cmdline/clusters.ts";
import type { Run } from "../io/run.ts";

/**
 * Returns the ids of the clusters whose functions may read the same store: no difference is known
 * before a connection in the prefix, the Region and the accounts that the contexts require.
 */
export async function neighboursOf(
  own: ChosenCluster,
  runs: readonly ClusterRun[],
): Promise<readonly string[]> {
  const isDifferent = (first: string | undefined, second: string | undefined) =>
    first !== undefined && second !== undefined && first !== second;
  const alike = runs.filter(
    ({ cluster }) =>
      prefixOf(cluster) === prefixOf(own) &&
      !isDifferent(cluster.contextAccount, own.contextAccount),
  );
  if (alike.length <= 1) return [];
  const regions = await Promise.all(alike.map(regionOf));
  const region = regions[alike.findIndex(({ cluster }) => cluster === own)];
  return alike.flatMap(({ cluster }, at) =>
    isDifferent(regions[at], region) ? [] : cluster.cluster,
  );
}

/** Returns `undefined` if the cluster's profile does not exist or has no Region. */
async function regionOf({ cluster, run }: ClusterRun): Promise<string | undefined> {
  const known = await clientConfig(cluster, run).catch(() => undefined);
  return known?.config.region;
}

/**
 * Returns a function that opens each store once. It returns `undefined` for a cluster that is
 * skipped.
 */
export function openOnce(options: StoreOptions, partition: string | undefined) {
  /** The names of clusters by account, Region and prefix. */
  const stores = new Map<string, string>();
  /** A promise for each Region and prefix, which resolves when the stores are known. */
  const known = new Map<string, Promise<unknown>>();

  async function enter(cluster: ChosenCluster, run: Run, access: AwsAccess, earlier: unknown) {
    const { config } = access;
    const opened = await openStore(cluster, options, run, access);
    // openStore() has checked the context's account.
    const account =
      cluster.contextAccount ?? (await ownAccount(config, run)) ?? `profile ${cluster.profile}`;
    await earlier;
    const store = `${account} ${config.region} ${opened.review.prefix}`;
    const same = stores.get(store);
    if (same !== undefined) run.log(`Skipped: it is the same store as ${same}.\n`);
    else stores.set(store, cluster.name);
    return same === undefined ? opened : undefined;
  }

  return async (cluster: ChosenCluster, run: Run): Promise<Store | undefined> => {
    const access = await clientConfig(cluster, run);
    const { config, partition: actual } = access;
    if (partition !== undefined && actual.id !== partition) {
      run.log(`Skipped: region ${config.region} is in partition ${actual.id}, not ${partition}.\n`);
      return undefined;
    }
    const branch = `${config.region} ${cluster.prefix ?? cluster.cluster}`;
    const entered = enter(cluster, run, access, known.get(branch));
    known.set(
      branch,
      entered.catch(() => {}),
    );
    return entered;
  };
}
