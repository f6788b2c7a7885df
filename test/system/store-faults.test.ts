// Parameter Store fails immediately in different ways: 500, remembered for a second, and the next review is granted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ssmThrottling } from "../local/service-faults.ts";
import { failure, grantedUser } from "./answers.ts";
import { sharedClock, stoppedClock } from "./clock.ts";
import { answering, type FaultRule, first, ssmError } from "./outages.ts";
import { startSystem } from "./system.ts";

const RESET = { kind: "reset" } as const;

const FAULTS: readonly (readonly [name: string, fault: FaultRule, calls: number])[] = [
  ["resets the connection", RESET, 2],
  ["truncates its response", { kind: "cut", body: '{"Parameters":[' }, 2],
  ["answers 500", ssmError(500, "InternalServerError"), 2],
  ["answers 503 without a body", answering(503), 2],
  ["throttles", ssmThrottling(), 4],
  ["throttles with 429", ssmError(429, "TooManyRequestsException"), 4],
  ["denies access", ssmError(400, "AccessDeniedException"), 1],
  ["answers 200 without the parameters", answering(200, "{}"), 1],
  ["answers 200 with garbage", answering(200, "\u0000<html>"), 2],
];

for (const [name, fault, calls] of FAULTS) {
  test(`Parameter Store ${name}: 500, then granted`, async (t) => {
    // Throttled calls are repeated after a wait.
    const clock = name.startsWith("throttles") ? sharedClock() : stoppedClock();
    const system = await startSystem(t, { storeFault: fault, clock });
    const token = await system.token("bob");
    for (const round of [1, 2]) {
      system.clock.advance(1_000);
      assert.match(failure(await system.review(token), 500), /^parameters_unavailable: /);
      assert.equal(system.store.calls(), round * calls, "nothing was kept for more than a second");
    }
    const { outcome, reason } = system.logs().at(-1) ?? {};
    assert.deepEqual([outcome, reason], ["fault", "parameters_unavailable"]);

    system.store.fail(undefined);
    system.clock.advance(1_000);
    grantedUser(await system.review(token));
    assert.equal(system.sts.calls(), 1, "an identity that was proven stays proven");
    assert.equal(system.store.calls(), 2 * calls + 1);
  });
}

test("Parameter Store throttles during the initialization: a caller's token is not looked at, then granted", async (t) => {
  const system = await startSystem(t, {
    settings: { CALLER_AUTH: "bearer" },
    storeFault: ssmThrottling(),
    clock: sharedClock(),
  });
  assert.ok(system.store.calls() > 0, "the callers are prefetched");
  assert.deepEqual(system.logs(), [], "a prefetch that failed is not logged");
  const token = await system.token("bob");
  system.clock.advance(1_000);
  assert.match(failure(await system.review(token), 500), /^parameters_unavailable: /);
  assert.equal(system.sts.calls(), 0);
  system.store.fail(undefined);
  system.clock.advance(1_000);
  grantedUser(await system.review(token));
});

test("Parameter Store throttles once: retried, and granted", async (t) => {
  const system = await startSystem(t, { clock: sharedClock() });
  system.store.fail(first(1, ssmThrottling()));
  grantedUser(await system.review(await system.token("bob")));
  assert.equal(system.store.calls(), 2);
});

test("Parameter Store stops with open connections, and recovers", async (t) => {
  const system = await startSystem(t);
  grantedUser(await system.review(await system.token("alice")));
  const token = await system.token("bob");
  await system.store.down();
  assert.match(failure(await system.review(token), 500), /^parameters_unavailable: .*ECONNREFUSED/);
  await system.store.up();
  system.clock.advance(1_000);
  grantedUser(await system.review(token));
  assert.equal(system.sts.calls(), 2);
});
