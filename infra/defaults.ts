// Defaults of the constructs and of a release's templates. test/bench/README.md, "Load spikes", measured the throttles.

import { RetentionDays } from "aws-cdk-lib/aws-logs";

export const DEFAULTS = {
  /** MB. Measured in test/bench/README.md. */
  memorySize: 512,
  /** Separates logins from the account's other functions, and bounds reads of Parameter Store. */
  reservedConcurrency: 8,
  logRetention: RetentionDays.THREE_MONTHS,
  issuerThrottle: { rateLimit: 100, burstLimit: 200 },
} as const;

/**
 * Without reserved concurrency, the gateway limits the function's environments: a load spike starts one for each request
 * during a cold start. All of them read Parameter Store, which allows 40 reads per second, and they could use up the
 * account's concurrency.
 */
const UNBOUNDED_THROTTLE = { rateLimit: 150, burstLimit: 50 };

/** With reserved concurrency, requests are cheap: more tries let kube-apiserver find a free environment sooner. */
const BOUNDED_THROTTLE = { rateLimit: 200, burstLimit: 2_000 };

export function defaultThrottle(reservedConcurrency: number | false) {
  return reservedConcurrency === false ? UNBOUNDED_THROTTLE : BOUNDED_THROTTLE;
}
