// Finds the AWS account of the credentials.

import type { SSMClient } from "@aws-sdk/client-ssm";
import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import { awsRequestHandler } from "./request-handler.ts";

/** For callers that only print the account: `undefined` if STS cannot be reached, since that must not stop a change. */
export async function ownAccount(ssm: SSMClient, region: string, io: IOStreams): Promise<string | undefined> {
  const { accountId } = await ssm.config.credentials();
  return accountId ?? provenAccount(ssm, region, io);
}

/** Asks STS: the account of credentials is what AWS_ACCOUNT_ID or a profile claims. `undefined` without an answer. */
export async function provenAccount(ssm: SSMClient, region: string, io: IOStreams): Promise<string | undefined> {
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const client = new STSClient({
    region,
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
