// A small load spike for each claim in test/bench/README.md: with the defaults, no look-up fails and no identity is mistaken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, defaultThrottle } from "../../../infra/defaults.ts";
import type { Spike } from "./run-spike.ts";
import { runOne } from "./run-spikes.ts";

function spike(reservedConcurrency: number | false, rest: Partial<Spike> = {}): Spike {
  const { rateLimit, burstLimit } = defaultThrottle(reservedConcurrency);
  return {
    who: { people: 50, roles: 3 },
    apiservers: 3,
    withinMs: 1_000,
    throttle: { perSecond: rateLimit, burst: burstLimit },
    maxEnvironments: reservedConcurrency || 1_000,
    ssmReads: 40,
    seed: 1,
    ...rest,
  };
}

test("when three kube-apiservers restart, all clients are logged in within 5 s with the defaults, and no look-up fails", async () => {
  const { failed, out, all } = await runOne(spike(DEFAULTS.reservedConcurrency, { who: { people: 20, roles: 1 } }));
  assert.deepEqual([failed, out], [0, 0]);
  assert.ok(all < 5, `${all} s`);
});

test("reserved concurrency limits the environments and the reads of Parameter Store", async () => {
  const { failed, environments, lambdaThrottled, calls } = await runOne(spike(8));
  assert.equal(failed, 0);
  assert.equal(environments, 8);
  assert.ok(lambdaThrottled > 0, "some requests were throttled and retried");
  // Each environment reads the callers and each role's names once, and shares no read with another environment.
  const reads = calls.ssm.total - calls.ssm.throttled;
  assert.ok(reads > 8 && reads <= 8 * (1 + 3), `${reads} reads`);
});

test("all clients are logged in after an STS outage of 4 s, and none during it", async () => {
  const { half, out } = await runOne(spike(8, { who: { people: 20, roles: 3 }, stsSilentMs: 4_000 }));
  assert.equal(out, 0);
  assert.ok(half > 4, `${half} s`);
});
