// How long the function uses a caller's proof by IAM and a refusal, also while STS fails. In a
// flood of bearer tokens, strangers wait for their turns to reach STS, and cost known callers and
// their users nothing.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { fault, httpError } from "../../../../functions/errors.ts";
import { localIdentity } from "../../../local-aws.ts";
import { until } from "../../../time.ts";
import { NOW, tokenFor } from "../fixtures.ts";
import { DEVELOPERS, sign, world } from "./iam-world.ts";

const MINUTE = 60_000;

for (const [what, bearer, status, later = status] of [
  ["a proof", sign("bob"), 200],
  [
    "a proof of a token that STS refuses later, such as after its key was deleted,",
    sign("bob"),
    200,
    401,
  ],
  ["the refusal of a stranger", sign("carol"), 401],
  ["the refusal of a signature", sign("bob", { id: "other:caller" }), 401],
] as const) {
  test(`${what} lasts 60 s and not a millisecond longer`, async () => {
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

test("a caller that is removed from the list is refused without a call to STS", async () => {
  const { status, clock, parameters, callerCalls } = world([DEVELOPERS]);
  await status(sign("bob"));
  // 1 ms before the list is read again: the proof is a millisecond younger than the list.
  clock.advance(MINUTE - 1);
  await status(sign("bob", { at: NOW + 1_000 }));
  parameters["callers"] = [{ ...DEVELOPERS, principalId: "AROANOTTHISROLE" }];
  clock.advance(1);
  assert.deepEqual(
    [await status(sign("bob", { at: NOW + 1_000 })), callerCalls().length],
    [401, 2],
  );
});

const unusable = fault("sts_answer_unusable", "proxy");
for (const outage of [
  fault("sts_unreachable", "down"),
  httpError("sts_throttled", "slow"),
  unusable,
]) {
  test(`while STS fails (${outage.name}), a proof stays valid until its token expires`, async () => {
    const { review, status, clock, sts, callerCalls } = world([
      DEVELOPERS,
      { name: "h", sha256: hash("sha256", "s") },
    ]);
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
    assert.equal(
      await answered(sign("bob", { at: clock() })),
      outage.status,
      "neither accepted nor refused",
    );
  });
}

test("the check of a proven caller has the time of one try of STS", async () => {
  const { status, clock, sts, callerCalls } = world([DEVELOPERS]);
  const bearer = sign("bob");
  await status(bearer);
  clock.advance(MINUTE);
  const { promise, resolve } = Promise.withResolvers<void>();
  sts.hold = promise;
  const checking = status(bearer);
  await until(() => callerCalls().length === 2);
  assert.deepEqual(
    callerCalls().map(({ time }) => time),
    [undefined, "try"],
  );
  sts.hold = Promise.resolve();
  assert.deepEqual([await status(bearer), callerCalls().length], [200, 2]);
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
  assert.deepEqual(
    [reason, message, cause],
    ["sts_unreachable", "no answer from STS (TimedOut)", "TimedOut"],
  );
  resolve();
  assert.equal(await first, 500, "nor has the first one time left for Parameter Store");
});

test("concurrent first reviews of a caller share one call of STS", async () => {
  const { status, callerCalls } = world([DEVELOPERS]);
  const bearer = sign("bob");
  const statuses = await Promise.all(Array.from({ length: 20 }, () => status(bearer)));
  assert.deepEqual([new Set(statuses), callerCalls().length], [new Set([200]), 1]);
});

/** Well-formed tokens that only STS can refuse, each with another access key. */
function strangers(count: number, from = 0, region?: string): string[] {
  const keyOf = (index: number) => `AKIASTRANGER${String(from + index).padStart(8, "0")}`;
  return Array.from({ length: count }, (_, index) =>
    tokenFor(keyOf(index), { ...(region && { region }) }),
  );
}

test("of 1,000 tokens of strangers a second, 20 reach STS", async () => {
  const { status, callerCalls, last, clock } = world([DEVELOPERS]);
  for (const second of [1, 2, 3]) {
    const statuses: number[] = [];
    for (const bearer of strangers(1_000, second * 1_000)) {
      statuses.push(await status(bearer));
      clock.advance(1);
    }
    const refused = statuses.flatMap((code, ms) => (code === 401 ? [ms] : []));
    assert.deepEqual(
      refused,
      Array.from({ length: 20 }, (_, turn) => turn * 50),
    );
    assert.deepEqual([new Set(statuses), callerCalls().length], [new Set([401, 429]), second * 20]);
  }
  const message = "other tokens of unknown callers were just sent to STS";
  assert.partialDeepStrictEqual(last(), {
    outcome: "caller_refused",
    reason: "callers_limited",
    message,
  });
  assert.equal("StsThrottled" in last(), false);
  const statuses = await Promise.all(strangers(100).map(status));
  assert.deepEqual(
    [statuses.filter((code) => code === 429).length, callerCalls().length],
    [99, 61],
  );
});

for (const [what, region, ms, pause] of [
  ["for the own Region at least 50 ms", "us-east-1", 10, 50],
  ["for the own Region four times as long as a slow call took", "us-east-1", 300, 1_200],
  ["for other Regions four times as long as the call took", "eu-west-1", 1_000, 4_000],
] as const) {
  test(`after a call for an unknown caller, the next one waits ${what}, from its end`, async () => {
    const { status, clock, sts, callerCalls } = world([DEVELOPERS]);
    sts.takes = () => clock.advance(ms);
    const next = (salt: string) => status(sign("carol", { id: `other${salt}:caller`, region }));
    assert.equal(await next("1"), 401);
    clock.advance(pause - 1);
    assert.equal(await next("2"), 429);
    clock.advance(1);
    assert.deepEqual([await next("3"), callerCalls().length], [401, 2]);
  });
}

test("turns of the own Region, of other Regions and of a known key at its host are separate", async () => {
  const { status, clock, sts } = world([DEVELOPERS]);
  sts.takes = () => clock.advance(1_000);
  const forged = (region: string, salt: string) =>
    tokenFor(localIdentity("bob").accessKeyId, { salt, region });
  assert.equal(await status(sign("bob", { region: "eu-west-1" })), 200);
  assert.equal(await status(strangers(1, 1, "ap-south-1")[0] ?? ""), 401);
  assert.equal(await status(strangers(1, 2, "ap-south-1")[0] ?? ""), 429);
  assert.equal(await status(strangers(1, 3)[0] ?? ""), 401);
  assert.equal(await status(strangers(1, 4)[0] ?? ""), 429);
  assert.equal(await status(forged("us-east-1", "a")), 429, "the key is not known at this host");
  assert.equal(await status(sign("bob", { region: "eu-west-1", at: NOW - 1_000 })), 200);
  assert.equal(await status(forged("eu-west-1", "b")), 401);
  assert.equal(await status(sign("bob", { region: "eu-west-1", at: NOW - 2_000 })), 429);
  assert.equal(
    await status(sign("bob", { region: "eu-west-1" })),
    200,
    "a known token never waits",
  );
});

test("known callers are accepted during a flood", async () => {
  const secret = "k8s-aws-v1.not-a-url-but-a-secret";
  const { status, callerCalls, clock } = world([
    DEVELOPERS,
    { name: "h", sha256: hash("sha256", secret) },
  ]);
  const own = () =>
    callerCalls().filter(({ accessKeyId }) => accessKeyId === localIdentity("bob").accessKeyId)
      .length;
  await status(sign("bob"));
  for (let minute = 0; minute < 6; minute += 1) {
    // A timer renews the token every 5 minutes.
    const bearer = sign("bob", { at: NOW + Math.floor(minute / 5) * 300_000 });
    for (let second = 0; second < 60; second += 1) {
      for (const stranger of strangers(3, minute * 1_000 + second * 10))
        assert.notEqual(await status(stranger), 200);
      for (const known of [bearer, secret]) assert.equal(await status(known), 200);
      clock.advance(1_000);
    }
  }
  assert.equal(own(), 6);
});

test("in a new environment, a caller during a flood gets a 429, never a 401", async () => {
  const { status, clock } = world([DEVELOPERS]);
  await status(strangers(1)[0] ?? "");
  clock.advance(49);
  assert.equal(await status(sign("bob")), 429);
  clock.advance(1);
  assert.equal(await status(sign("bob")), 200);
});

test("callers of a new environment do not wait for each other", async () => {
  const { status, callerCalls } = world([
    DEVELOPERS,
    { name: "alice", arn: localIdentity("alice").arn },
  ]);
  for (const bearer of [sign("bob"), sign("alice"), sign("bob", { at: NOW - 1_000 })])
    assert.equal(await status(bearer), 200);
  assert.equal(callerCalls().length, 3);
});

test("an attacker with a caller's access key causes only 20 calls to STS a second", async () => {
  const { status, callerCalls, clock } = world([DEVELOPERS]);
  const bearer = sign("bob");
  await status(bearer);
  for (let n = 0; n < 500; n += 1) {
    assert.notEqual(
      await status(tokenFor(localIdentity("bob").accessKeyId, { salt: `forged ${n}` })),
      200,
    );
    assert.equal(await status(bearer), 200);
    clock.advance(10);
  }
  assert.equal(callerCalls().length, 1 + 5 * 20);
  assert.equal(await status(strangers(1)[0] ?? ""), 401, "strangers still have their own call");
});

test("tokens of strangers with an AWS account do not evict a caller's proof", async () => {
  const { status, callerCalls, clock } = world([DEVELOPERS]);
  const bearer = sign("bob");
  await status(bearer);
  for (let second = 1; second < 60; second += 1) {
    clock.advance(1_000);
    assert.equal(await status(sign("carol", { at: NOW + second * 1_000 })), 401);
  }
  assert.equal(await status(bearer), 200);
  assert.equal(
    callerCalls().filter(({ accessKeyId }) => accessKeyId === localIdentity("bob").accessKeyId)
      .length,
    1,
  );
});
