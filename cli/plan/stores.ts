// Connects a command to the stores of its clusters.

import { defaultMappingPrefix } from "../../functions/settings/common.ts";
import { ownAccount } from "../aws/calls.ts";
import { type ClientConfig, clientConfig } from "../aws/client.ts";
import { type Connection, type ConnectionOptions, connect } from "../aws/connection.ts";
import type { Chosen, ClustersOptions, OneOf } from "../cmdline/clusters.ts";
import type { IOStreams } from "../io/streams.ts";

/**
 * Returns the ids of the clusters whose functions may read the same store: no difference is known
 * before a connection in the prefix, the Region and the accounts that the contexts require.
 */
export async function neighboursOf(
  { options: own }: Chosen<ClustersOptions>,
  chosen: readonly Chosen<ClustersOptions>[],
) {
  const prefixOf = ({ cluster, prefix = defaultMappingPrefix(cluster) }: ConnectionOptions) =>
    prefix;
  const isDifferent = (first: string | undefined, second: string | undefined) =>
    first !== undefined && second !== undefined && first !== second;
  const alike = chosen.filter(
    ({ options }) =>
      prefixOf(options) === prefixOf(own) &&
      !isDifferent(options.contextAccount, own.contextAccount),
  );
  if (alike.length <= 1) return [];
  const regions = await Promise.all(alike.map(regionOf));
  const region = regions[alike.findIndex(({ options }) => options === own)];
  return alike.flatMap(({ options }, at) =>
    isDifferent(regions[at], region) ? [] : options.cluster,
  );
}

/** Returns `undefined` if the cluster's profile does not exist or has no Region. */
async function regionOf({ options, io }: Chosen<ClustersOptions>): Promise<string | undefined> {
  const known = await clientConfig(options, io).catch(() => undefined);
  return known?.config.region;
}

/**
 * Returns a function that connects to each store once. It returns `undefined` for a cluster that is
 * skipped.
 */
export function connectOnce(partition: string | undefined) {
  /** The names of clusters by account, Region and prefix. */
  const stores = new Map<string, string>();
  /** A promise for each Region and prefix, which resolves when the stores are known. */
  const known = new Map<string, Promise<unknown>>();

  async function enter(
    options: OneOf<ClustersOptions>,
    io: IOStreams,
    config: ClientConfig,
    earlier: unknown,
  ) {
    const connection = await connect(options, io, config);
    // connect() has checked the context's account.
    const account =
      options.contextAccount ?? (await ownAccount(config, io)) ?? `profile ${options.profile}`;
    await earlier;
    const store = `${account} ${config.region} ${connection.review.prefix}`;
    const same = stores.get(store);
    if (same !== undefined) io.log(`Skipped: it is the same store as ${same}.\n`);
    else stores.set(store, options.name);
    return same === undefined ? connection : undefined;
  }

  return async (
    options: OneOf<ClustersOptions>,
    io: IOStreams,
  ): Promise<Connection | undefined> => {
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
