// Callers that are prefetched before the first review: used by it, as old as their read, and never a cause of failure.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { createAuthenticator } from "../../../functions/authenticator/handler.ts";
import { fault } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import type { FetchParameters } from "../../../functions/parameters/parameter-cache.ts";
import { fakeServices, gatewayEvent, HOME, PREFIX, reviewBody, settingsWith, tokenOf } from "./fixtures.ts";

const CALLER = "a-token-of-kube-apiserver";
const CALLERS = [{ name: "kube-apiserver", sha256: hash("sha256", CALLER) }];
const MAPPING = { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" };

/** An environment before its initialization, with a Parameter Store that can fail on demand. */
function environment() {
  const store = { isDown: false };
  const working = fakeServices({ callers: CALLERS, [`role/${HOME}/developers`]: MAPPING });
  const { clock, calls, lines } = working;
  const fetchParameters: FetchParameters = async (...asked) => {
    if (!store.isDown) return working.fetchParameters(...asked);
    calls.ssm.push(asked[0]);
    throw fault("parameters_unavailable", "down");
  };
  const { handler, prefetchCallers } = createAuthenticator(settingsWith({ callerAuth: "bearer" }), {
    ...working,
    fetchParameters,
  });
  return {
    ...working,
    store,
    prefetch: () => prefetchCallers(deadlineIn(1_000, clock)),
    /** The status of a review of bob's token, and its log line. */
    async review(authorization = `Bearer ${CALLER}`) {
      const event = gatewayEvent(reviewBody(tokenOf("bob", clock())), { headers: { authorization } });
      const { statusCode } = await handler(event, {});
      return { statusCode, log: JSON.parse(lines.at(-1) ?? "") };
    },
    /** How often the callers were read. */
    callersRead: () => calls.ssm.filter((names) => names.includes(`${PREFIX}/callers`)).length,
  };
}

test("the first review uses prefetched callers without a second call", async () => {
  const { prefetch, review, calls } = environment();
  await prefetch();
  assert.deepEqual(calls.ssm, [[`${PREFIX}/callers`]]);
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.outcome, log.cached.caller, log.coldStart], [200, "granted", true, true]);
  assert.equal(calls.ssm.length, 2);
  assert.ok(!calls.ssm[1]?.includes(`${PREFIX}/callers`));
});

test("a review during the prefetch shares its call", async () => {
  const { prefetch, review, callersRead } = environment();
  const prefetching = prefetch();
  assert.equal((await review()).statusCode, 200);
  await prefetching;
  assert.equal(callersRead(), 1);
});

test("prefetched callers refuse a caller that is not in the list", async () => {
  const { prefetch, review } = environment();
  await prefetch();
  assert.equal((await review("Bearer another")).statusCode, 401);
});

test("a prefetch prints nothing, whether it succeeds or fails", async () => {
  const [working, failing] = [environment(), environment()];
  await working.prefetch();
  failing.store.isDown = true;
  await assert.rejects(failing.prefetch);
  assert.deepEqual([...working.lines, ...failing.lines], []);
});

test("a failed prefetch has no effect: the review reads again, and its answer is not stale", async () => {
  const { prefetch, review, store, callersRead } = environment();
  store.isDown = true;
  await assert.rejects(prefetch, { code: "parameters_unavailable" });
  store.isDown = false;
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.stale, log.StaleReads, log.cached.caller], [200, undefined, undefined, false]);
  assert.equal(callersRead(), 2);
});

test("a failed prefetch is not an absence: while Parameter Store is down, reviews are faults, not refusals", async () => {
  const { prefetch, review, store } = environment();
  store.isDown = true;
  await assert.rejects(prefetch, { code: "parameters_unavailable" });
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.reason], [500, "parameters_unavailable"]);
});

test("callers that did not exist at the prefetch are read again 10 s later", async () => {
  const { prefetch, review, parameters, clock } = environment();
  delete parameters["callers"];
  await prefetch();
  parameters["callers"] = CALLERS;
  clock.advance(9_999);
  assert.equal((await review()).log.reason, "callers_invalid");
  clock.advance(1);
  assert.equal((await review()).statusCode, 200);
});

test("in an environment that is frozen before its first review, callers are as old as their read", async () => {
  const { prefetch, review, parameters, clock, callersRead } = environment();
  await prefetch();
  parameters["callers"] = [{ name: "new", sha256: hash("sha256", "new") }];
  clock.advance(59_999);
  assert.equal((await review()).statusCode, 200);
  clock.advance(1);
  assert.equal((await review()).statusCode, 401);
  assert.equal(callersRead(), 2);
});

test("while Parameter Store fails, prefetched callers are used as long as others, counted from their read", async () => {
  const { prefetch, review, store, clock } = environment();
  await prefetch();
  store.isDown = true;
  clock.advance(359_999);
  // The caller is cached. The mapping has never been read.
  assert.deepEqual((await review("Bearer another")).statusCode, 401);
  const { statusCode, log } = await review();
  assert.deepEqual([statusCode, log.StaleReads], [500, 1]);
  clock.advance(1);
  assert.equal((await review("Bearer another")).statusCode, 500);
});
