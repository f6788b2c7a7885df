// Floods of bearer tokens: strangers reach STS at most once a second, and cost known callers and their users nothing.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { NOW, tokenFor } from "../fixtures.ts";
import { DEVELOPERS, sign, world } from "./iam-world.ts";

/** Well-formed tokens that only STS can refuse, each with another access key. */
function strangers(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => tokenFor(`AKIASTRANGER${String(from + index).padStart(8, "0")}`));
}

test("of 1,000 tokens of strangers a second, also concurrent ones, one reaches STS, and the others get a 429", async () => {
  const { status, callerCalls, last, clock } = world([DEVELOPERS]);
  for (const second of [1, 2, 3]) {
    const statuses: number[] = [];
    for (const bearer of strangers(1_000, second * 1_000)) {
      statuses.push(await status(bearer));
      clock.advance(1);
    }
    assert.deepEqual([statuses.shift(), new Set(statuses)], [401, new Set([429])]);
    assert.equal(callerCalls().length, second);
  }
  const message = "too many new tokens in this second: not sent to STS";
  assert.partialDeepStrictEqual(last(), { outcome: "caller_refused", reason: "callers_limited", message });
  assert.equal("StsThrottled" in last(), false);
  clock.advance(1_000);
  const statuses = await Promise.all(strangers(100).map(status));
  assert.deepEqual([statuses.filter((one) => one === 429).length, callerCalls().length], [99, 4]);
});

test("known callers are accepted during a flood: a hash, and an identity without a call to STS and with its renewed tokens", async () => {
  const secret = "k8s-aws-v1.not-a-url-but-a-secret";
  const { status, callerCalls, clock } = world([DEVELOPERS, { name: "h", sha256: hash("sha256", secret) }]);
  const own = () => callerCalls().filter(({ accessKeyId }) => accessKeyId === localIdentity("bob").accessKeyId).length;
  await status(sign("bob"));
  for (let minute = 0; minute < 6; minute += 1) {
    // A timer renews the token every 5 minutes.
    const bearer = sign("bob", { at: NOW + Math.floor(minute / 5) * 300_000 });
    for (let second = 0; second < 60; second += 1) {
      for (const stranger of strangers(3, minute * 1_000 + second * 10)) assert.notEqual(await status(stranger), 200);
      for (const known of [bearer, secret]) assert.equal(await status(known), 200);
      clock.advance(1_000);
    }
  }
  assert.equal(own(), 6);
});

test("in a new environment, a caller during a flood gets a 429, never a 401, until the second ends", async () => {
  const { status, clock } = world([DEVELOPERS]);
  await status(strangers(1)[0] ?? "");
  for (const [ms, expected] of [
    [999, 429],
    [1, 200],
  ] as const) {
    clock.advance(ms);
    assert.equal(await status(sign("bob")), expected);
  }
});

test("callers of a new environment do not wait for each other: a proof does not count as a stranger's call", async () => {
  const { status, callerCalls } = world([DEVELOPERS, { name: "alice", arn: localIdentity("alice").arn }]);
  const statuses = [];
  for (const bearer of [sign("bob"), sign("alice"), sign("bob", { at: NOW - 1_000 })])
    statuses.push(await status(bearer));
  assert.deepEqual(statuses, [200, 200, 200]);
  assert.equal(callerCalls().length, 3);
});

test("an attacker who knows a caller's access key causes only one call to STS a second, and the proven token stays accepted", async () => {
  const { status, callerCalls, clock } = world([DEVELOPERS]);
  const bearer = sign("bob");
  await status(bearer);
  for (let n = 0; n < 500; n += 1) {
    const forged = tokenFor(localIdentity("bob").accessKeyId, { salt: `forged ${n}` });
    assert.notEqual(await status(forged), 200);
    assert.equal(await status(bearer), 200);
    clock.advance(10);
  }
  assert.equal(callerCalls().length, 1 + 5);
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
  assert.equal(callerCalls().filter(({ accessKeyId }) => accessKeyId === localIdentity("bob").accessKeyId).length, 1);
});
