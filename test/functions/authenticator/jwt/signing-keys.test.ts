// The cache of signing keys: when they are read, and which ones verify while the issuer cannot be reached.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeySet, parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import { cachedKeys } from "../../../../functions/authenticator/jwt/signing-keys.ts";
import { fault } from "../../../../functions/errors.ts";
import { type Deadline, deadlineIn } from "../../../../functions/lib/deadline.ts";
import { HOME } from "../fixtures.ts";
import { claimsOf, EC_JWK, jwkOf, jwtReviewer, keySetBody, MAPPED, minted, OTHER_EC, RSA_JWK } from "./mint.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NEW_JWK = jwkOf(OTHER_EC.publicKey, { kid: "ec-2", alg: "ES384" });
const GRANTED = "granted as developer";

function setUp() {
  const around = jwtReviewer(MAPPED);
  const { clock } = around;
  let count = 0;
  /** A token that was not reviewed before. */
  const fresh = (kid = "ec-1", key = kid === "ec-2" ? OTHER_EC.privateKey : undefined) => {
    count += 1;
    const iat = Math.floor(clock() / 1000);
    return minted(claimsOf({ iat, exp: iat + 900, jti: String(count) }), { alg: "ES384", kid }, key);
  };
  const metrics = () => around.lines.filter((line) => line.includes('"TokenKeysFailed":1')).length;
  return { ...around, fresh, metrics };
}

test("keys are read once an hour", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  for (let minute = 0; minute < 60; minute += 1) {
    assert.equal(await outcome(fresh()), GRANTED);
    clock.advance(MINUTE);
  }
  assert.equal(issuers.reads, 1);
  assert.equal(await outcome(fresh()), GRANTED);
  assert.equal(issuers.reads, 2);
});

test("a token that was reviewed in the last minute needs neither keys nor a signature", async () => {
  const { outcome, fresh, issuers, clock, lines } = setUp();
  const token = fresh();
  assert.equal(await outcome(token), GRANTED);
  issuers.body = undefined;
  clock.advance(59_999);
  assert.equal(await outcome(token), GRANTED);
  assert.equal(issuers.reads, 1);
  const { cached, accountId, principalId, sessionName } = JSON.parse(lines.at(-1) ?? "");
  assert.deepEqual([cached.identity, accountId, principalId, sessionName], [true, HOME, undefined, undefined]);
});

test("a new key is read for the first token that names it, at most once a minute, and a refusal is not remembered", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = keySetBody(EC_JWK, NEW_JWK);
  const token = fresh("ec-2");
  assert.equal(await outcome(token), "token_signature_refused");
  clock.advance(MINUTE);
  assert.equal(await outcome(token), GRANTED);
  assert.equal(issuers.reads, 2);
});

test("a key that was replaced under the same kid is read for a bad signature, and the old one verifies nothing", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = keySetBody({ ...NEW_JWK, kid: "ec-1" });
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh("ec-1", OTHER_EC.privateKey)), GRANTED);
  assert.equal(await outcome(fresh()), "token_signature_refused");
});

test("a key that is withdrawn verifies no token an hour later", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = keySetBody(NEW_JWK);
  clock.advance(HOUR);
  assert.equal(await outcome(fresh()), "token_signature_refused");
});

test("without keys a review is a fault, never a denial, and they are read again 5 seconds after the failed read", async () => {
  const { outcome, fresh, issuers, clock, metrics } = setUp();
  const body = issuers.body;
  issuers.body = undefined;
  for (let count = 0; count < 3; count += 1) assert.equal(await outcome(fresh()), "500 token_keys_unavailable");
  assert.equal(metrics(), 3);
  issuers.body = body;
  clock.advance(4_999);
  assert.equal(await outcome(fresh()), "500 token_keys_unavailable");
  assert.equal(issuers.reads, 1);
  clock.advance(1);
  assert.equal(await outcome(fresh()), GRANTED);
  assert.deepEqual([issuers.reads, metrics()], [2, 4]);
});

test("100 forged tokens cause one read while the issuer cannot be reached, one by one or at once", async () => {
  for (const atOnce of [false, true]) {
    const { outcome, fresh, issuers } = setUp();
    issuers.body = undefined;
    const tokens = Array.from({ length: 100 }, () => fresh("ec-1", OTHER_EC.privateKey));
    const outcomes = atOnce ? await Promise.all(tokens.map(outcome)) : [];
    if (!atOnce) for (const token of tokens) outcomes.push(await outcome(token));
    assert.deepEqual([new Set(outcomes), issuers.reads], [new Set(["500 token_keys_unavailable"]), 1]);
  }
});

/** The cache of keys, whose reads have these results in their order, at a time that the test sets. */
function cacheOf(...results: readonly (KeySet | Error | Promise<KeySet>)[]) {
  const time = { now: 0, reads: 0 };
  const fetchKeySet = async (_issuer: string, { at }: Deadline) => {
    const result = results[time.reads] ?? assert.fail("another read");
    time.reads += 1;
    if (result instanceof Error) {
      time.now = Math.max(time.now, Math.min(at, time.now + 1_000));
      throw result;
    }
    return result;
  };
  const clock = () => time.now;
  const { current, newer } = cachedKeys(fetchKeySet, clock);
  const within = (ms: number) => deadlineIn(ms, clock);
  return { time, current, newer, within };
}

const UNAVAILABLE = fault("token_keys_unavailable", "no keys");
const [OLD, RENEWED] = [keySetBody(EC_JWK), keySetBody(EC_JWK, NEW_JWK)].map((body) => {
  return parseKeySet(body) ?? assert.fail(body);
}) as [KeySet, KeySet];

test("a failed first read of one issuer does not affect another issuer", async () => {
  const { time, current, within } = cacheOf(UNAVAILABLE, OLD);
  await assert.rejects(current("down", within(MINUTE)), { code: "token_keys_unavailable" });
  assert.equal((await current("up", within(MINUTE))).keys, OLD);
  assert.equal(time.reads, 2);
});

test("a first read that fails at its own deadline is not remembered", async () => {
  const { current, within } = cacheOf(UNAVAILABLE, OLD);
  await assert.rejects(current("issuer", within(1_000)), { code: "token_keys_unavailable" });
  assert.equal((await current("issuer", within(5_000))).keys, OLD);
});

test("an empty set of keys is not a failed read: it denies, also on the first read, until the issuer has keys again", async () => {
  for (const isFirst of [true, false]) {
    const { outcome, fresh, issuers, clock, metrics } = setUp();
    const body = issuers.body;
    if (!isFirst) assert.equal(await outcome(fresh()), GRANTED);
    issuers.body = keySetBody();
    clock.advance(HOUR);
    for (const _ of [1, 2]) assert.equal(await outcome(fresh()), "token_signature_refused");
    issuers.body = body;
    clock.advance(MINUTE);
    assert.equal(await outcome(fresh()), GRANTED);
    assert.deepEqual([issuers.reads, metrics()], [isFirst ? 2 : 3, 0]);
  }
});

test("a body that is not JSON, or has no usable key, is a failed read: the remembered keys stay", async () => {
  for (const body of ["", "<html>", "{}", '{"keys":{}}', '{"keys":[null]}', keySetBody({ ...EC_JWK, use: "enc" })]) {
    const { outcome, fresh, issuers, clock, metrics } = setUp();
    assert.equal(await outcome(fresh()), GRANTED);
    issuers.body = body;
    clock.advance(HOUR);
    assert.equal(await outcome(fresh()), GRANTED, body);
    assert.deepEqual([issuers.reads, metrics()], [2, 1], body);
  }
});

test("keys verify for 24 hours while the issuer cannot be reached, and each review is counted", async () => {
  const { outcome, fresh, issuers, clock, metrics } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = undefined;
  clock.advance(HOUR);
  assert.equal(await outcome(fresh()), GRANTED);
  assert.deepEqual([issuers.reads, metrics()], [2, 1]);
  // Tried again once a minute.
  assert.equal(await outcome(fresh()), GRANTED);
  assert.equal(issuers.reads, 2);
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh()), GRANTED);
  assert.equal(issuers.reads, 3);
  clock.advance(23 * HOUR - MINUTE - 1);
  assert.equal(await outcome(fresh()), GRANTED);
  clock.advance(1);
  assert.equal(await outcome(fresh()), "500 token_keys_unavailable");
});

test("an unknown kid is a fault while the keys cannot be read, and a wrong signature is a denial", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = undefined;
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh("ec-2")), "500 token_keys_unavailable");
  assert.equal(await outcome(fresh("ec-1", OTHER_EC.privateKey)), "token_signature_refused");
  issuers.body = keySetBody(RSA_JWK, EC_JWK, NEW_JWK);
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh("ec-2")), GRANTED);
});

test("reviews at the same time share one read", async () => {
  const { outcome, fresh, issuers } = setUp();
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => outcome(fresh())));
  assert.deepEqual([new Set(outcomes), issuers.reads], [new Set([GRANTED]), 1]);
});

for (const succeeds of [true, false]) {
  test(`a token with a new kid waits for a read that is running, and it ${succeeds ? "succeeds" : "fails"}`, async () => {
    const running = Promise.withResolvers<KeySet>();
    const { time, current, newer, within } = cacheOf(OLD, running.promise);
    assert.equal((await current("issuer", within(MINUTE))).keys, OLD);
    time.now = MINUTE;
    // A denial while the keys are being read would be a decision about a key that was not looked for yet.
    const waiting = [1, 2, 3].map(async () => ({ ...(await newer("issuer", within(MINUTE))) }));
    assert.equal((await current("issuer", within(MINUTE))).keys, OLD);
    if (succeeds) running.resolve(RENEWED);
    else running.reject(UNAVAILABLE);
    for (const { keys, failed } of await Promise.all(waiting)) {
      assert.deepEqual([keys, failed], [succeeds ? RENEWED : OLD, !succeeds]);
    }
    assert.equal(time.reads, 2);
  });
}

test("a token with a new kid waits for the running read of another review only until its own deadline", async () => {
  const { time, current, newer, within } = cacheOf(OLD, new Promise<KeySet>(() => {}));
  await current("issuer", within(HOUR));
  time.now = MINUTE;
  const first = newer("issuer", within(20));
  const { keys, failed } = await newer("issuer", within(0));
  assert.deepEqual([keys, failed], [OLD, true]);
  await first;
});
