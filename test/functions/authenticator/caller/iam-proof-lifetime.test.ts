// How long the function uses a caller's proof by IAM and a refusal, also while STS fails.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { fault, httpError } from "../../../../functions/errors.ts";
import { until } from "../../../time.ts";
import { NOW } from "../fixtures.ts";
import { DEVELOPERS, sign, world } from "./iam-world.ts";

const MINUTE = 60_000;

for (const [what, bearer, status, later = status] of [
  ["a proof", sign("bob"), 200],
  ["a proof of a token that STS refuses later, such as after its key was deleted,", sign("bob"), 200, 401],
  ["the refusal of a stranger", sign("carol"), 401],
  ["the refusal of a signature", sign("bob", { id: "other:caller" }), 401],
] as const) {
  test(`${what} lasts 60 s and not a millisecond longer: then STS is asked again, and its answer is remembered`, async () => {
    const { status: statusOf, clock, sts, callerCalls } = world([DEVELOPERS]);
    for (const [ms, expected, calls] of [
      [0, status, 1],
      [MINUTE - 1, status, 1],
      [1, later, 2],
      [1, later, 2],
    ] as const) {
      clock.advance(ms);
      assert.deepEqual([await statusOf(bearer), callerCalls().length], [expected, calls]);
      if (later !== status) sts.refused.add(callerCalls()[0]?.accessKeyId ?? "");
    }
  });
}

test("a caller that is removed from the list is refused as soon as the list is read, without a call to STS", async () => {
  const { status, clock, parameters, callerCalls } = world([DEVELOPERS]);
  await status(sign("bob"));
  // 1 ms before the list is read again: the proof is a millisecond younger than the list.
  clock.advance(MINUTE - 1);
  await status(sign("bob", { at: NOW + 1_000 }));
  parameters["callers"] = [{ ...DEVELOPERS, principalId: "AROANOTTHISROLE" }];
  clock.advance(1);
  assert.equal(await status(sign("bob", { at: NOW + 1_000 })), 401);
  assert.equal(callerCalls().length, 2);
});

for (const outage of [
  fault("sts_unreachable", "down"),
  httpError("sts_throttled", "slow"),
  fault("sts_answer_unusable", "proxy"),
]) {
  test(`while STS fails (${outage.name}), a proof stays valid until its token expires, and STS is asked every 10 s`, async () => {
    const { review, status, clock, sts, callerCalls } = world([DEVELOPERS, { name: "h", sha256: hash("sha256", "s") }]);
    const bearer = sign("bob");
    await status(bearer);
    sts.fail = outage;
    const answered = async (token: string) => (await review(token, { token: "opaque" })).statusCode;
    clock.advance(MINUTE);
    for (let second = 60; second < 900; second += 5) {
      assert.equal(await answered(bearer), 200, `${second} s`);
      clock.advance(5_000);
    }
    assert.equal(callerCalls().length, 1 + 840 / 10);
    assert.equal(await answered(bearer), 200, "the last instant");
    clock.advance(1);
    assert.equal(await answered(bearer), 401, "expired");
    assert.equal(await answered(sign("bob", { at: clock() })), outage.status, "neither accepted nor refused");
  });
}

test("the check of a proven caller waits at most 2 s for STS, and other requests do not wait for it", async () => {
  const { status, clock, sts, callerCalls } = world([DEVELOPERS]);
  const bearer = sign("bob");
  await status(bearer);
  clock.advance(MINUTE);
  const { promise, resolve } = Promise.withResolvers<void>();
  sts.hold = promise;
  const checking = status(bearer);
  await until(() => callerCalls().length === 2);
  assert.equal(callerCalls()[1]?.deadline.at, clock() + 2_000);
  sts.hold = Promise.resolve();
  assert.equal(await status(bearer), 200);
  assert.equal(callerCalls().length, 2);
  resolve();
  assert.equal(await checking, 200);
});

test("a request that shares another one's call to STS fails at its own deadline", async () => {
  const { status, clock, sts, callerCalls, last } = world([DEVELOPERS]);
  const { promise, resolve } = Promise.withResolvers<void>();
  sts.hold = promise;
  const first = status(sign("bob"));
  await until(() => callerCalls().length === 1);
  const second = status(sign("bob"));
  clock.advance(30_000);
  assert.equal(await second, 500);
  const { reason, message, cause } = last();
  assert.deepEqual([reason, message, cause], ["sts_unreachable", "no answer from STS (TimedOut)", "TimedOut"]);
  resolve();
  await first;
});

test("concurrent first reviews of a caller share one call of STS", async () => {
  const { status, callerCalls } = world([DEVELOPERS]);
  const bearer = sign("bob");
  const statuses = await Promise.all(Array.from({ length: 20 }, () => status(bearer)));
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(callerCalls().length, 1);
});
