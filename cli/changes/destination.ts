// Describes where a plan is written, for the confirmation: account, region, cluster and prefix.

import { watched } from "../aws/calls.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { awsRequestHandler } from "../aws/request-handler.ts";
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
  const account = first?.account ?? (await ownAccount(connection, io)) ?? "unknown";
  return `account ${account}, region ${settings.region}, cluster ${settings.clusterId} (${context.prefix})`;
}

/** `undefined` if STS cannot be reached: only messages use the account, so an error must not stop a change. */
export async function ownAccount({ ssm, settings }: Connection, io: IOStreams): Promise<string | undefined> {
  const { accountId } = await ssm.config.credentials();
  if (accountId !== undefined) return accountId;
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const client = new STSClient({
    region: settings.region,
    credentials: ssm.config.credentials,
    maxAttempts: 1,
    requestHandler: awsRequestHandler(io, 2_000),
  });
  const sts = watched(client, io);
  try {
    return (await sts.send(new GetCallerIdentityCommand(), { abortSignal: io.interrupted })).Account;
  } catch {
    io.interrupted.throwIfAborted();
    return undefined;
  }
}
