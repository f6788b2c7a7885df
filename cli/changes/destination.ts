// Describes where a plan is written: account, region, cluster and prefix.

import { ownAccount } from "../aws/caller-identity.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/**
 * A phrase.
 *
 * @param known parameters that were read: their ARNs contain the account, which saves a call
 */
export async function destinationOf(
  connection: Connection,
  known: ReadonlyMap<string, Stored>,
  io: IOStreams,
): Promise<string> {
  const [first] = known.values();
  const { clusterId } = connection.settings;
  return `${await placeOf(connection, first?.account, io)}, cluster ${clusterId} (${connection.context.prefix})`;
}

/** Account and region, as a phrase. */
export async function placeOf({ config, settings }: Connection, known: string | undefined, io: IOStreams) {
  const account = known ?? (await ownAccount(config, io)) ?? "unknown";
  return `account ${account}, region ${settings.region}`;
}
