// How long a proof is cached, within which bounds, and only for this token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cachedProofs, tokenHash } from "../../../../functions/authenticator/identity/identity-cache.ts";
import type { Proof } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { denial, fault, httpError } from "../../../../functions/errors.ts";
import { deadlineOf, fixedClock, NOW, verified } from "../fixtures.ts";

const GRANTED: Proof = { result: verified("bob"), stsRequestId: "r" };
const REFUSED: Proof = { result: denial("sts_refused", "no"), stsRequestId: "r" };
const MINUTE = 60_000;

/** Returns `proofs` in order, the last one forever. An error is thrown. */
function cacheOf(...proofs: (Proof | Error)[]) {
  const clock = fixedClock();
  const count = { calls: 0 };
  const remembered = cachedProofs(
    async () => {
      const proof = proofs[Math.min(count.calls, proofs.length - 1)] ?? GRANTED;
      count.calls += 1;
      if (proof instanceof Error) throw proof;
      return proof;
    },
    "aws/test",
    clock,
  );
  /** Like a review. `cached` is whether the proof was recalled. */
  const ask = async (hash = "hash", expiresAt = NOW + 15 * MINUTE) => {
    const known = remembered.recall(hash);
    const token = { accessKeyId: "A", host: "h", target: "/", expiresAt };
    return { ...(known ?? (await remembered.prove(hash, token, deadlineOf(clock)))), cached: known !== undefined };
  };
  return { clock, ask, count };
}

for (const [title, proofs, first, ms, expiresIn] of [
  ["a granted identity is cached for 60 s", [GRANTED], 0, MINUTE],
  ["a granted identity is never cached past the expiry of its token", [GRANTED], 0, 20_000, 20_000],
  ["a refused token is cached for 10 s", [REFUSED], 0, 10_000],
  ["a refused token is never cached past its expiry: it is then refused as expired", [REFUSED], 0, 5_000, 5_000],
  ["a token that was granted and is refused later is refused for 10 s", [GRANTED, REFUSED], MINUTE, 10_000],
  ["a token that was refused and is granted later is granted for 60 s", [REFUSED, GRANTED], 10_000, MINUTE],
] as const) {
  test(`${title}, and not a millisecond longer`, async () => {
    const { clock, ask, count } = cacheOf(...proofs);
    const expiresAt = NOW + (expiresIn ?? 15 * MINUTE);
    if (first > 0) await ask("hash", expiresAt);
    clock.advance(first);
    const proof = proofs.at(-1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: false });
    clock.advance(ms - 1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: true });
    clock.advance(1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: false });
    assert.equal(count.calls, proofs.length + 1);
  });
}

test("throttling and faults are never cached", async () => {
  const errors = [httpError("sts_throttled", "slow"), fault("sts_unreachable", "gone"), new Error("bug")];
  const { ask, count } = cacheOf(...errors, GRANTED);
  for (const error of errors) await assert.rejects(ask(), error);
  assert.equal((await ask()).cached, false);
  assert.equal(count.calls, 4);
});

test("the cache is bounded: a token that is unused during 4,000 others is proven again, but bad ones do not evict it", async () => {
  for (const [others, cached] of [
    [GRANTED, false],
    [REFUSED, true],
  ] as const) {
    const { ask } = cacheOf(GRANTED, others);
    await ask(tokenHash("k8s-aws-v1.a"));
    for (let i = 0; i < 4_000; i += 1) assert.equal((await ask(tokenHash(`k8s-aws-v1.${i}`))).cached, false);
    assert.equal((await ask(tokenHash("k8s-aws-v1.a"))).cached, cached);
  }
});
