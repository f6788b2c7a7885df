// The account's limit of concurrent executions, which some checks need.

import { type Aws, AwsError } from "./aws.ts";

export interface Concurrency {
  readonly total: number;
  readonly unreserved: number;
}

/** Lambda keeps this many executions unreserved: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
export const UNRESERVED = 100;
export const NOT_CHECKED = "not checked: no permission for lambda:GetAccountSettings";

/** `undefined` without permission. */
export async function concurrencyOf(aws: Aws): Promise<Concurrency | undefined> {
  try {
    const { AccountLimit } = await aws<{
      AccountLimit: { ConcurrentExecutions: number; UnreservedConcurrentExecutions: number };
    }>("lambda", "get-account-settings");
    return { total: AccountLimit.ConcurrentExecutions, unreserved: AccountLimit.UnreservedConcurrentExecutions };
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith("AccessDenied")) return undefined;
    throw error;
  }
}

/** Why a check that needs this many unreserved executions cannot run; `undefined` if it can. */
export async function lackOf(aws: Aws, needed: number): Promise<string | undefined> {
  const limit = await concurrencyOf(aws);
  if (limit === undefined) return `the limit was ${NOT_CHECKED}`;
  if (limit.unreserved >= needed) return undefined;
  return `the account has ${limit.unreserved} unreserved executions; ${needed} are needed`;
}
