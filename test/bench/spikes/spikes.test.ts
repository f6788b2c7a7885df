// A small load spike for each claim in test/bench/README.md: with the defaults, no look-up fails and no identity is mistaken.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULTS, defaultThrottle } from "../../../infra/defaults.ts";
import { mistake } from "./mistake.ts";
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
    throttledStatus: 500,
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

test("AWS-signed tokens need no call of STS, and each identity gets the user of its tag", async () => {
  const { failed, out, calls } = await runOne(spike(8, { tokens: "jwt" }));
  assert.deepEqual([failed, out, calls.sts.total], [0, 0, 0]);
});

test("look-ups would fail if the gateway returned 503 instead of 500 for throttling", async () => {
  const { failed } = await runOne(spike(8, { throttledStatus: 503 }));
  assert.ok(failed > 0);
});

test("all nodes that join at once are logged in despite the limits of EC2 and IAM", async () => {
  const { failed, calls } = await runOne(spike(20, { who: { nodes: 30 }, withinMs: 500 }));
  assert.equal(failed, 0);
  assert.ok(calls.iam.throttled > 0, "more than IAM takes at once");
});

test("all clients are logged in after an STS outage of 4 s, and none during it", async () => {
  const outage = { endsMs: 4_000, kind: "reset" } as const;
  const { half, out } = await runOne(spike(8, { who: { people: 20, roles: 3 }, stsOutage: outage }));
  assert.equal(out, 0);
  assert.ok(half > 4, `${half} s`);
});

test("runs are reproducible", async () => {
  const small = spike(5, { who: { people: 10, roles: 3 } });
  assert.deepEqual(await runOne(small), await runOne(small));
});

test("a response for another identity is detected", () => {
  const body = (status: unknown): string => JSON.stringify({ status });
  const bob = { username: "dev:bob", groups: ["developers"] };
  const granted = { authenticated: true, user: { ...bob, uid: "1" } };
  assert.equal(mistake(body(granted), bob), undefined);
  assert.equal(
    mistake(body({ authenticated: false, error: "identity_denied: by a list" }), { denial: "identity_denied" }),
    undefined,
  );
  for (const [answer, expected] of [
    [granted, { ...bob, username: "dev:dan" }],
    [granted, { ...bob, groups: [] }],
    [granted, { denial: "identity_denied" }],
    [{ ...granted, authenticated: false }, bob],
    [{ authenticated: false, error: "mapping_none: no mapping" }, { denial: "identity_denied" }],
    [{ authenticated: true, error: "identity_denied: by a list" }, { denial: "identity_denied" }],
    [undefined, bob],
  ] as const) {
    assert.notEqual(mistake(body(answer), expected), undefined);
  }
});
