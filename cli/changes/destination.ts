// Where a plan is written, as a person checks it before saying yes: account, region, cluster and prefix.

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { REQUEST_LIMITS } from "../aws/client-config.ts";
import type { Connection } from "../aws/connection.ts";
import type { IOStreams } from "../io/io-streams.ts";
import type { Stored } from "../parameter-store/parameter.ts";

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
export async function ownAccount(
  { ssm, settings }: Connection,
  { interrupted }: IOStreams,
): Promise<string | undefined> {
  const { accountId } = await ssm.config.credentials();
  if (accountId !== undefined) return accountId;
  const sts = new STSClient({
    region: settings.region,
    credentials: ssm.config.credentials,
    maxAttempts: 1,
    requestHandler: { ...REQUEST_LIMITS, connectionTimeout: 2_000, requestTimeout: 2_000 },
  });
  try {
    return (await sts.send(new GetCallerIdentityCommand(), { abortSignal: interrupted })).Account;
  } catch {
    interrupted.throwIfAborted();
    return undefined;
  }
}
