// The default throttle of an endpoint. test/bench/README.md, "Load spikes", has the measurements.

import type { Throttle } from "./endpoint.ts";

/**
 * Without reserved concurrency, the gateway limits the function's environments: a load spike starts one for each request
 * during a cold start. All of them read Parameter Store, which allows 40 reads per second, and they could use up the
 * account's concurrency.
 */
const UNBOUNDED_THROTTLE: Throttle = { rateLimit: 150, burstLimit: 50 };

/** With reserved concurrency, requests are cheap: more tries let kube-apiserver find a free environment sooner. */
const BOUNDED_THROTTLE: Throttle = { rateLimit: 200, burstLimit: 2_000 };

export function defaultThrottle(reservedConcurrency: number | false): Throttle {
  return reservedConcurrency === false ? UNBOUNDED_THROTTLE : BOUNDED_THROTTLE;
}
