// A small load spike for each claim in test/bench/README.md: with 8 reserved environments, and in a
// new account with the defaults, no look-up fails and no identity is mistaken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ONLY_IN_ALL } from "../../extent.ts";
import { runSpike, withReserved } from "./run-spike.ts";

const RESERVED = withReserved(8);

function spike(people: number, roles: number, stsSilentMs = 0, settings = RESERVED) {
  return runSpike({ who: { people, roles }, ...settings, stsSilentMs });
}

for (const [name, settings, options] of [
  ["8 reserved environments", RESERVED, ONLY_IN_ALL],
  ["the defaults in a new account", withReserved(false, 10), ONLY_IN_ALL],
  ["the defaults", withReserved(false), {}],
] as const) {
  test(
    `with ${name}, all clients of three restarted kube-apiservers log in within 5 s`,
    options,
    async () => {
      const { failed, out, all } = await spike(20, 1, 0, settings);
      assert.deepEqual([failed, out], [0, 0]);
      assert.ok(all < 5, `${all} s`);
    },
  );
}

test("reserved concurrency limits the environments and the reads of Parameter Store", async () => {
  const { failed, environments, lambdaThrottled, calls } = await spike(50, 3);
  assert.deepEqual([failed, environments], [0, 8]);
  assert.ok(lambdaThrottled > 0, "some requests were throttled and retried");
  // Each environment reads the callers and each role's names once, and shares no read with another
  // environment.
  const reads = calls.ssm.total - calls.ssm.throttled;
  assert.ok(reads > 8 && reads <= 8 * (1 + 3), `${reads} reads`);
});

test("all clients are logged in after an STS outage of 4 s, and none during it", async () => {
  const { half, out } = await spike(20, 3, 4_000);
  assert.equal(out, 0);
  assert.ok(half > 4, `${half} s`);
});
