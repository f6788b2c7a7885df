// How long a proof is cached, within which bounds, and only for this cluster.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedProofs, type Proofs, tokenHash } from "../../../../functions/authenticator/identity/identity-cache.ts";
import type { Proof } from "../../../../functions/authenticator/identity/prove-identity.ts";
import type { UnverifiedToken } from "../../../../functions/authenticator/token/token.ts";
import { denial, fault, httpError } from "../../../../functions/errors.ts";
import { deadlineOf, fixedClock, NOW, verified } from "../fixtures.ts";

const GRANTED: Proof = { result: verified("bob"), stsRequestId: "r" };
const REFUSED: Proof = { result: denial("sts_refused", "no"), stsRequestId: "r" };
const MINUTE = 60_000;

type TokenProofs = Proofs<UnverifiedToken>;

/** Like a review. `cached` is whether the proof was recalled. */
async function recallOrProve(remembered: TokenProofs, ...[hash, ...asked]: Parameters<TokenProofs["prove"]>) {
  const known = remembered.recall(hash);
  return { ...(known ?? (await remembered.prove(hash, ...asked))), cached: known !== undefined };
}

/** Returns `proofs` in order, the last one forever. An error is thrown. */
function cacheOf(...proofs: (Proof | Error)[]) {
  const clock = fixedClock();
  let calls = 0;
  const remembered = cachedProofs(
    async () => {
      const proof = proofs[Math.min(calls, proofs.length - 1)] ?? GRANTED;
      calls += 1;
      if (proof instanceof Error) throw proof;
      return proof;
    },
    "aws/test",
    clock,
  );
  const ask = (hash = "hash", expiresAt = NOW + 15 * MINUTE) =>
    recallOrProve(remembered, hash, { accessKeyId: "A", host: "h", target: "/", expiresAt }, deadlineOf(clock));
  return { clock, ask, calls: () => calls };
}

test("a granted identity is cached for 60 s and not a millisecond longer", async () => {
  const { clock, ask, calls } = cacheOf(GRANTED);
  assert.deepEqual(await ask(), { ...GRANTED, cached: false });
  clock.advance(MINUTE - 1);
  assert.deepEqual(await ask(), { ...GRANTED, cached: true });
  clock.advance(1);
  assert.equal((await ask()).cached, false);
  assert.equal(calls(), 2);
});

test("a granted identity is never cached past the expiry of its token", async () => {
  const { clock, ask, calls } = cacheOf(GRANTED);
  await ask("token", NOW + 20_000);
  clock.advance(19_999);
  assert.equal((await ask("token", NOW + 20_000)).cached, true);
  clock.advance(1);
  assert.equal((await ask("token", NOW + 20_000)).cached, false);
  assert.equal(calls(), 2);
});

test("a refused token is cached for 10 s and not a millisecond longer", async () => {
  const { clock, ask, calls } = cacheOf(REFUSED);
  await ask();
  clock.advance(9_999);
  assert.deepEqual(await ask(), { ...REFUSED, cached: true });
  clock.advance(1);
  assert.equal((await ask()).cached, false);
  assert.equal(calls(), 2);
});

test("a refused token is never cached past its expiry: it is then refused as expired", async () => {
  const { clock, ask, calls } = cacheOf(REFUSED);
  await ask("hash", NOW + 5_000);
  clock.advance(4_999);
  assert.equal((await ask("hash", NOW + 5_000)).cached, true);
  clock.advance(1);
  assert.equal((await ask("hash", NOW + 5_000)).cached, false);
  assert.equal(calls(), 2);
});

test("a token that was granted and is refused later is refused for 10 s", async () => {
  const { clock, ask, calls } = cacheOf(GRANTED, REFUSED);
  await ask();
  clock.advance(MINUTE);
  assert.equal((await ask()).result, REFUSED.result);
  clock.advance(9_999);
  assert.deepEqual(await ask(), { ...REFUSED, cached: true });
  assert.equal(calls(), 2);
});

test("a token that was refused and is granted later is granted for 60 s", async () => {
  const { clock, ask, calls } = cacheOf(REFUSED, GRANTED);
  await ask();
  clock.advance(10_000);
  await ask();
  clock.advance(MINUTE - 1);
  assert.deepEqual(await ask(), { ...GRANTED, cached: true });
  assert.equal(calls(), 2);
});

test("throttling and faults are never cached", async () => {
  const { ask, calls } = cacheOf(
    httpError("sts_throttled", "slow"),
    fault("sts_unreachable", "gone"),
    new Error("bug"),
    GRANTED,
  );
  await assert.rejects(ask(), { code: "sts_throttled" });
  await assert.rejects(ask(), { code: "sts_unreachable" });
  await assert.rejects(ask(), /bug/);
  assert.equal((await ask()).cached, false);
  assert.equal(calls(), 4);
});

test("a cached identity never applies to another token, even if only one character differs", async () => {
  const { ask, calls } = cacheOf(GRANTED);
  await ask(tokenHash("k8s-aws-v1.a"));
  for (const other of ["k8s-aws-v1.b", "k8s-aws-v1.A", "k8s-aws-v1.a ", "k8s-aws-v1."]) {
    assert.equal((await ask(tokenHash(other))).cached, false);
  }
  assert.equal(calls(), 5);
});

test("the cache is bounded: a token that is unused during 4,000 others is proven again", async () => {
  const { ask, calls } = cacheOf(GRANTED);
  await ask("first");
  for (let i = 0; i < 4_000; i += 1) await ask(`token ${i}`);
  assert.equal((await ask("first")).cached, false);
  assert.equal(calls(), 4_002);
});

test("a flood of bad tokens does not evict a proven identity", async () => {
  const clock = fixedClock();
  let result: Proof = GRANTED;
  const remembered = cachedProofs(async () => result, "aws/test", clock);
  const token = { accessKeyId: "A", host: "h", target: "/", expiresAt: NOW + 15 * MINUTE };
  const ask = (hash: string) => recallOrProve(remembered, hash, token, deadlineOf(clock));
  await ask("good");
  result = REFUSED;
  for (let i = 0; i < 10_000; i += 1) await ask(`bad ${i}`);
  assert.equal((await ask("good")).cached, true);
});
