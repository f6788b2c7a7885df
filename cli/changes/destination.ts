// Where a plan is written, as a person checks it before saying yes: account, region, cluster and prefix.

import { watched } from "../aws/calls.ts";
import type { Connection } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { awsRequestHandler } from "../aws/request-handler.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** One phrase; `known` is what was read of Parameter Store, whose ARNs tell the account without another call. */
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

/** Nothing depends on it but a sentence: a network that does not reach STS must not stop a change. */
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
