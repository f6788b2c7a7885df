// Finds the AWS account of the credentials.

import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import type { ClientConfig } from "./client-config.ts";
import { awsRequestHandler } from "./request-handler.ts";

/** For callers that only print the account: `undefined` if STS cannot be reached, since that must not stop a change. */
export async function ownAccount(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  const { accountId } = await config.credentials();
  return accountId ?? provenAccount(config, io);
}

/** Asks STS: the account of credentials is what AWS_ACCOUNT_ID or a profile claims. `undefined` without an answer. */
export async function provenAccount(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const sts = watched(new STSClient({ ...config, maxAttempts: 1, requestHandler: awsRequestHandler(io, 2_000) }), io);
  try {
    return (await sts.send(new GetCallerIdentityCommand(), { abortSignal: io.interrupted })).Account;
  } catch {
    io.interrupted.throwIfAborted();
    return undefined;
  }
}
