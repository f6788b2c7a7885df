// Retries calls of the SDK's clients, which do not retry, so that two tries end within the review's
// deadline.

import { isAuthenticatorError } from "../errors.ts";
import { isAwsError, isThrottlingCode } from "../lib/aws-error.ts";
import type { RetryRules } from "../lib/retry.ts";
import { type Agents, discardIdle } from "./connections.ts";

/**
 * Returns the rules for calls through these agents. `random` randomizes the wait of a throttled
 * call. Default: `Math.random`.
 */
export function serviceRetries(
  agents: Agents,
  random?: () => number,
): Omit<RetryRules, "tryMs" | "totalMs"> {
  return {
    // A connection failure, a timeout or a 5xx.
    isRetryable: (error) =>
      !isAuthenticatorError(error) &&
      (!isAwsError(error) || (error.$metadata.httpStatusCode ?? 0) >= 500),
    // By error code, since EC2 throttles with status 503, and IAM and Parameter Store with 400.
    isThrottling: (error) =>
      isAwsError(error) && (isThrottlingCode(error.name) || error.$metadata.httpStatusCode === 429),
    beforeRetry: (error) => {
      if (!isAwsError(error)) discardIdle(agents);
    },
    random,
  };
}
