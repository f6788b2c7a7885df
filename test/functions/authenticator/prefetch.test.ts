// Callers that are prefetched before the first review: used by it, as old as their read, and never a cause of failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bearerFunction, callersOf } from "./bearer-function.ts";
import { PREFIX } from "./fixtures.ts";

test("the first review uses prefetched callers without a second call", async () => {
  const { prefetch, review, calls, lines } = bearerFunction();
  await prefetch();
  assert.deepEqual([calls.ssm, lines], [[[`${PREFIX}/callers`]], []]);
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.outcome, log.cached.caller, log.coldStart], [200, "granted", true, true]);
  assert.equal(calls.ssm.length, 2);
  assert.ok(!calls.ssm[1]?.includes(`${PREFIX}/callers`));
});

test("a failed prefetch has no effect and prints nothing: a review during the outage is a fault, one after it is not stale", async () => {
  const { prefetch, review, store, clock, callersRead, lines } = bearerFunction();
  store.isDown = true;
  await assert.rejects(prefetch, { code: "parameters_unavailable" });
  assert.deepEqual(lines, []);
  const failed = await review();
  assert.deepEqual([failed.statusCode, failed.log.reason], [500, "parameters_unavailable"]);
  store.isDown = false;
  clock.advance(1_000);
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.stale, log.StaleReads, log.cached.caller], [200, undefined, undefined, false]);
  assert.equal(callersRead(), 3);
});

test("in an environment that is frozen before its first review, callers are as old as their read", async () => {
  const { prefetch, review, parameters, clock, callersRead } = bearerFunction();
  await prefetch();
  parameters["callers"] = callersOf("new");
  clock.advance(59_999);
  assert.deepEqual([(await review()).statusCode, (await review({ bearer: "new" })).statusCode], [200, 401]);
  clock.advance(1);
  assert.deepEqual([(await review()).statusCode, (await review({ bearer: "new" })).statusCode], [401, 200]);
  assert.equal(callersRead(), 2);
});
