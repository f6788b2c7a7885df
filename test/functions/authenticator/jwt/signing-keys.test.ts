// The cache of signing keys: when they are read, and which ones verify while the issuer cannot be reached.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeySet, parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import { cachedKeys } from "../../../../functions/authenticator/jwt/signing-keys.ts";
import { fault } from "../../../../functions/errors.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
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

test("a new key is read for the first token that names it, at most once a minute", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = keySetBody(EC_JWK, NEW_JWK);
  assert.equal(await outcome(fresh("ec-2")), "token_signature_refused");
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh("ec-2")), GRANTED);
  assert.equal(issuers.reads, 2);
});

test("a refused signature is not remembered", async () => {
  const { outcome, fresh, issuers, clock } = setUp();
  const token = fresh("ec-2");
  assert.equal(await outcome(token), "token_signature_refused");
  issuers.body = keySetBody(EC_JWK, NEW_JWK);
  clock.advance(MINUTE);
  assert.equal(await outcome(token), GRANTED);
});

test("a key that was replaced under the same kid is read for a bad signature", async () => {
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

test("a failed first read of one issuer does not affect another issuer", async () => {
  let reads = 0;
  const keys = parseKeySet(keySetBody(EC_JWK)) ?? assert.fail();
  const fetchKeySet = async (issuer: string) => {
    reads += 1;
    if (issuer === "down") throw fault("token_keys_unavailable", "no keys");
    return keys;
  };
  const { current } = cachedKeys(fetchKeySet, () => 0);
  const deadline = deadlineIn(MINUTE, () => 0);
  await assert.rejects(current("down", deadline), { code: "token_keys_unavailable" });
  assert.equal((await current("up", deadline)).keys, keys);
  assert.equal(reads, 2);
});

test("a first read that fails at its own deadline is not remembered", async () => {
  let now = 0;
  let reads = 0;
  const keys = parseKeySet(keySetBody(EC_JWK)) ?? assert.fail();
  const fetchKeySet = async () => {
    reads += 1;
    if (reads > 1) return keys;
    now += 1_000;
    throw fault("token_keys_unavailable", "no keys");
  };
  const clock = () => now;
  const { current } = cachedKeys(fetchKeySet, clock);
  await assert.rejects(current("issuer", deadlineIn(1_000, clock)), { code: "token_keys_unavailable" });
  assert.equal((await current("issuer", deadlineIn(5_000, clock))).keys, keys);
});

test("an empty set of keys replaces the remembered keys and denies, until the issuer has keys again", async () => {
  const { outcome, fresh, issuers, clock, metrics } = setUp();
  const body = issuers.body;
  assert.equal(await outcome(fresh()), GRANTED);
  issuers.body = keySetBody();
  clock.advance(HOUR);
  assert.equal(await outcome(fresh()), "token_signature_refused");
  issuers.body = body;
  clock.advance(MINUTE);
  assert.equal(await outcome(fresh()), GRANTED);
  assert.deepEqual([issuers.reads, metrics()], [3, 0]);
});

test("an empty set of keys on the first read denies, and is not a failed read", async () => {
  const { outcome, fresh, issuers } = setUp();
  issuers.body = keySetBody();
  assert.equal(await outcome(fresh()), "token_signature_refused");
  assert.equal(await outcome(fresh()), "token_signature_refused");
  assert.equal(issuers.reads, 1);
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
    const [old, renewed] = [keySetBody(EC_JWK), keySetBody(EC_JWK, NEW_JWK)].map(parseKeySet);
    assert.ok(old !== undefined && renewed !== undefined);
    let now = 0;
    const reads = [Promise.withResolvers<KeySet>(), Promise.withResolvers<KeySet>()];
    let count = 0;
    const fetchKeySet = () => {
      count += 1;
      return reads[count - 1]?.promise ?? assert.fail("more than one read a minute");
    };
    const { current, newer } = cachedKeys(fetchKeySet, () => now);
    const deadline = deadlineIn(2 * MINUTE, () => 0);
    reads[0]?.resolve(old);
    assert.equal((await current("issuer", deadline)).keys, old);
    now = MINUTE;
    // A denial while the keys are being read would be a decision about a key that was not looked for yet.
    const waiting = [1, 2, 3].map(async () => ({ ...(await newer("issuer", deadline)) }));
    assert.equal((await current("issuer", deadline)).keys, old);
    if (succeeds) reads[1]?.resolve(renewed);
    else reads[1]?.reject(fault("token_keys_unavailable", "no keys"));
    for (const { keys, failed } of await Promise.all(waiting)) {
      assert.deepEqual([keys, failed], [succeeds ? renewed : old, !succeeds]);
    }
    assert.equal(count, 2);
  });
}

test("a token with a new kid waits for the running read of another review only until its own deadline", async () => {
  const old = parseKeySet(keySetBody(EC_JWK));
  assert.ok(old !== undefined);
  let now = 0;
  const reads = [Promise.resolve(old), new Promise<KeySet>(() => {})];
  const { current, newer } = cachedKeys(
    () => reads.shift() ?? assert.fail(),
    () => now,
  );
  await current(
    "issuer",
    deadlineIn(HOUR, () => 0),
  );
  now = MINUTE;
  const first = newer("issuer", { at: now + 20, clock: () => now });
  const { keys, failed } = await newer("issuer", { at: now, clock: () => now });
  assert.deepEqual([keys, failed], [old, true]);
  await first;
});
