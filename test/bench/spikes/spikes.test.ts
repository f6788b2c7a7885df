// A small load spike for each claim in test/bench/README.md: with the defaults, no look-up fails and no identity is mistaken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS } from "../../../infra/common-props.ts";
import { runSpike, withReserved } from "./run-spike.ts";

function spike(people: number, roles: number, stsSilentMs = 0) {
  return runSpike({ who: { people, roles }, ...withReserved(DEFAULTS.reservedConcurrency), stsSilentMs });
}

test("when three kube-apiservers restart, all clients are logged in within 5 s with the defaults, and no look-up fails", async () => {
  const { failed, out, all } = await spike(20, 1);
  assert.deepEqual([failed, out], [0, 0]);
  assert.ok(all < 5, `${all} s`);
});

test("reserved concurrency limits the environments and the reads of Parameter Store", async () => {
  const { failed, environments, lambdaThrottled, calls } = await spike(50, 3);
  assert.deepEqual([failed, environments], [0, 8]);
  assert.ok(lambdaThrottled > 0, "some requests were throttled and retried");
  // Each environment reads the callers and each role's names once, and shares no read with another environment.
  const reads = calls.ssm.total - calls.ssm.throttled;
  assert.ok(reads > 8 && reads <= 8 * (1 + 3), `${reads} reads`);
});

test("all clients are logged in after an STS outage of 4 s, and none during it", async () => {
  const { half, out } = await spike(20, 3, 4_000);
  assert.equal(out, 0);
  assert.ok(half > 4, `${half} s`);
});
