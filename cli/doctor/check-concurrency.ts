// Checks how many functions the account may run at once: a new account has 10 concurrent executions.

import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { watched } from "../aws/calls.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { type Check, ok, warning } from "./check.ts";
import { unread } from "./check-cluster.ts";

/** Fewer do not suffice for a restart of the control plane, when all users log in at once. */
const ENOUGH_EXECUTIONS = 50;

const ADVICE = "allow lambda:GetAccountSettings here, or run aws lambda get-account-settings";

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export async function checkConcurrency(config: ClientConfig, io: IOStreams): Promise<Check> {
  const name = "concurrency";
  try {
    const client = watched(new LambdaClient(config), io);
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}), { abortSignal: io.interrupted });
    const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: free } = AccountLimit ?? {};
    if (limit === undefined || free === undefined)
      return warning(name, "not checked: no limit in the response", ADVICE);
    const seen = `${limit} concurrent executions in ${config.region}, ${free} of them unreserved`;
    if (limit >= ENOUGH_EXECUTIONS) return ok(name, seen);
    return warning(name, seen, 'request 1,000 in Service Quotas: "Concurrent executions" of AWS Lambda');
  } catch (error) {
    return unread(name, error, ADVICE);
  }
}
