// Asks STS whose credentials the command has.

import type { CallerIdentity } from "../../functions/authenticator/identity/sts-response.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import { type ClientConfig, once } from "./client-config.ts";
import { awsRequestHandler } from "./request-handler.ts";

export async function callerIdentity(config: ClientConfig, io: IOStreams): Promise<CallerIdentity> {
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const client = watched(new STSClient(config), io);
  const answer = await client.send(new GetCallerIdentityCommand(), { abortSignal: io.interrupted });
  const { Arn = "", Account = "", UserId = "" } = answer;
  return { Arn, Account, UserId };
}

/** For callers that only print the account: `undefined` if STS cannot be reached, since that must not stop a change. */
export async function ownAccount(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  const { accountId } = await config.credentials();
  return accountId ?? provenAccount(config, io);
}

/** Asks STS: the account of credentials is what AWS_ACCOUNT_ID or a profile claims. `undefined` without an answer. */
export function provenAccount(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  return once(config, "account", () => askForAccount(config, io));
}

async function askForAccount(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  try {
    const limited = { ...config, maxAttempts: 1, requestHandler: awsRequestHandler(io, 2_000) };
    return (await callerIdentity(limited, io)).Account;
  } catch {
    io.interrupted.throwIfAborted();
    return undefined;
  }
}
