// Describes where a plan is written, for the confirmation: account, region, cluster and prefix.

import type { Connection } from "../aws/connection.ts";
import { ownAccount } from "../aws/own-account.ts";
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
  const { settings, context } = connection;
  const [first] = known.values();
  const account = first?.account ?? (await ownAccount(connection.ssm, connection.settings.region, io)) ?? "unknown";
  return `account ${account}, region ${settings.region}, cluster ${settings.clusterId} (${context.prefix})`;
}
