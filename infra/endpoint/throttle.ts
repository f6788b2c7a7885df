// How many requests an endpoint lets through, where nothing else is chosen. docs/performance.md, "Storms", has the figures.

import type { Throttle } from "./endpoint.ts";

/**
 * While nothing else bounds the function's environments, the gateway does: a storm starts as many as come within a cold start. All
 * of them read Parameter Store, which takes 40 reads a second, and they could use up the account's concurrency.
 */
const UNBOUNDED_THROTTLE: Throttle = { rateLimit: 150, burstLimit: 50 };

/** With reserved concurrency, requests are cheap: the more kube-apiserver may try, the sooner it meets a free environment. */
const BOUNDED_THROTTLE: Throttle = { rateLimit: 200, burstLimit: 2_000 };

export function defaultThrottle(reservedConcurrency: number | undefined): Throttle {
  return reservedConcurrency === undefined ? UNBOUNDED_THROTTLE : BOUNDED_THROTTLE;
}
