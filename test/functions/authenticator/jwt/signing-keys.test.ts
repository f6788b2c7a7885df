// The cache of signing keys: when they are read, and which ones verify while the issuer cannot be
// reached.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeySet, parseKeySet } from "../../../../functions/authenticator/jwt/key-set.ts";
import { parseJwt } from "../../../../functions/authenticator/jwt/parse-jwt.ts";
import { cachedKeys } from "../../../../functions/authenticator/jwt/signing-keys.ts";
import { SERVICES } from "../../../../functions/aws/services.ts";
import { fault } from "../../../../functions/errors.ts";
import { type Deadline, deadlineIn } from "../../../../functions/lib/deadline.ts";
import { TimedOut } from "../../../../functions/lib/retry.ts";
import { guarded } from "../../guards.ts";
import { deadlineOf, fixedClock, NOW } from "../fixtures.ts";
import {
  claimsOf,
  EC_JWK,
  type FakeIssuers,
  jwkOf,
  jwtReviewer,
  keySetBody,
  MAPPED,
  minted,
  OTHER_EC,
  RSA_JWK,
  RULES,
  signedTokensWith,
} from "./mint.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NEW_JWK = jwkOf(OTHER_EC.publicKey, { kid: "ec-2", alg: "ES384" });
const GRANTED = "granted as developer";

function setUp() {
  const around = jwtReviewer(MAPPED);
  const { clock } = around;
  let count = 0;
  const fresh = (kid = "ec-1", key = kid === "ec-2" ? OTHER_EC.privateKey : undefined) => {
    count += 1;
    const iat = Math.floor(clock() / 1000);
    return minted(
      claimsOf({ iat, exp: iat + 900, jti: String(count) }),
      { alg: "ES384", kid },
      key,
    );
  };
  const metrics = () => around.lines.filter((line) => line.includes('"TokenKeysFailed":1')).length;
  return { ...around, fresh, metrics };
}

const BODIES = {
  usual: keySetBody(EC_JWK, RSA_JWK),
  new: keySetBody(EC_JWK, NEW_JWK),
  replaced: keySetBody({ ...NEW_JWK, kid: "ec-1" }),
  withdrawn: keySetBody(NEW_JWK),
  empty: keySetBody(),
  down: undefined,
} as const;
const REFUSED = "token_signature_refused";
const FAULT = "token_keys_unavailable";

/**
 * Milliseconds since the step before, what the issuer publishes, a new token's key or the last
 * token, and all reads.
 */
type Step = readonly [
  ms: number,
  body: keyof typeof BODIES,
  token: string,
  outcome: string,
  reads: number,
];
const USUAL: Step = [0, "usual", "ec-1", GRANTED, 1];

// biome-ignore format: a table
const ROWS = [
  ["keys are read once an hour", [USUAL, [HOUR - 1, "usual", "ec-1", GRANTED, 1], [1, "usual", "ec-1", GRANTED, 2]]],
  ["a token of the last minute needs neither keys nor a signature", [USUAL, [59_999, "down", "again", GRANTED, 1]]],
  ["a new key is read for the first token that names it, at most once a minute, and a refusal is not remembered", [USUAL, [0, "new", "ec-2", REFUSED, 1], [MINUTE, "new", "again", GRANTED, 2]]],
  [
    "a key that was replaced under the same kid is read for a bad signature, and the old one verifies nothing",
    [USUAL, [MINUTE, "replaced", "forged", GRANTED, 2], [0, "replaced", "ec-1", REFUSED, 2]],
  ],
  ["a forged token that caused a read of new keys is refused", [USUAL, [MINUTE, "new", "forged", REFUSED, 2]]],
  ["a key that is withdrawn verifies no token an hour later", [USUAL, [HOUR, "withdrawn", "ec-1", REFUSED, 2]]],
  [
    "without keys a review is a fault, never a denial, and they are read again 5 seconds after the failed read",
    [
      ...[0, 0, 0].map((): Step => [0, "down", "ec-1", FAULT, 1]),
      ...([
        [4_999, "usual", "ec-1", FAULT, 1],
        [1, "usual", "ec-1", GRANTED, 2],
      ] as const),
    ],
    4,
  ],
  [
    "an empty set of keys on the first read denies, and is not a failed read, until the issuer has keys again",
    [...[1, 1].map((reads): Step => [0, "empty", "ec-1", REFUSED, reads]), [MINUTE, "usual", "ec-1", GRANTED, 2]],
  ],
  ["a later empty set of keys also denies until the issuer has keys again", [USUAL, ...[HOUR, 0].map((ms): Step => [ms, "empty", "ec-1", REFUSED, 2]), [MINUTE, "usual", "ec-1", GRANTED, 3]]],
  [
    "keys verify for 24 hours while the issuer cannot be reached, which is tried once a minute, and each review is counted",
    [
      USUAL,
      ...[HOUR, 0].map((ms) => [ms, "down", "ec-1", GRANTED, 2] as const),
      [MINUTE, "down", "ec-1", GRANTED, 3],
      [23 * HOUR - MINUTE - 1, "down", "ec-1", GRANTED, 4],
      [1, "down", "ec-1", FAULT, 4],
    ],
    5,
  ],
  [
    "an unknown kid is a fault while the keys cannot be read, and a wrong signature is a denial",
    [USUAL, [MINUTE, "down", "ec-2", FAULT, 2], [0, "down", "forged", REFUSED, 2], [MINUTE, "new", "ec-2", GRANTED, 3]],
    1,
  ],
  ["after the clock steps back, a key that was withdrawn verifies nothing", [USUAL, [-HOUR, "withdrawn", "ec-1", REFUSED, 2]]],
  [
    "a step back neither ends nor prolongs the 24 hours of keys whose issuer cannot be reached",
    [USUAL, [-1, "down", "ec-1", GRANTED, 2], [24 * HOUR - 1, "down", "ec-1", GRANTED, 3], [1, "down", "ec-1", FAULT, 3]],
    3,
  ],
] as readonly (readonly [title: string, steps: readonly Step[], failures?: number])[];
for (const [title, steps, failures = 0] of ROWS) {
  test(title, async () => {
    const { outcome, fresh, issuers, clock, metrics } = setUp();
    let last = "";
    for (const [index, [ms, body, token, expected, reads]] of steps.entries()) {
      clock.advance(ms);
      issuers.body = BODIES[body];
      if (token === "forged") last = fresh("ec-1", OTHER_EC.privateKey);
      else if (token !== "again") last = fresh(token);
      assert.deepEqual([await outcome(last), issuers.reads], [expected, reads], `step ${index}`);
    }
    assert.equal(metrics(), failures);
  });
}

/**
 * The cache of keys, whose reads have these results in their order, at a time that the test sets.
 */
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
  const { current, newer } = cachedKeys(guarded(SERVICES.tokenKeys, fetchKeySet, clock), clock);
  const within = (ms: number) => deadlineIn(ms, clock);
  return { time, current, newer, within };
}

const UNAVAILABLE = fault("token_keys_unavailable", "no keys");
const keySetOf = (...keys: Parameters<typeof keySetBody>): KeySet =>
  parseKeySet(keySetBody(...keys)) ?? assert.fail();
const OLD = keySetOf(EC_JWK);
const RENEWED = keySetOf(EC_JWK, NEW_JWK);

test("a failed first read affects no other issuer", async () => {
  const { current, within } = cacheOf(UNAVAILABLE, OLD, UNAVAILABLE, OLD);
  await assert.rejects(current("down", within(MINUTE)), UNAVAILABLE);
  assert.equal((await current("up", within(MINUTE))).keys, OLD);
  await assert.rejects(current("issuer", within(1_000)), UNAVAILABLE);
  assert.equal((await current("issuer", within(5_000))).keys, OLD);
});

test("a new kid while the keys cannot be read is a fault that names it", async () => {
  const clock = fixedClock();
  const issuers: FakeIssuers = { body: BODIES.usual, reads: 0 };
  const { prove, prefetchKeys } = signedTokensWith(issuers, clock);
  await prefetchKeys(deadlineOf(clock));
  assert.equal(issuers.reads, RULES.accountByIssuer.size);
  issuers.body = undefined;
  clock.advance(MINUTE);
  const proving = prove(
    parseJwt(minted(claimsOf(), { alg: "ES384", kid: "new" }), RULES, NOW),
    deadlineOf(clock),
  );
  const message = "the keys of the issuer cannot be read, and the kid is new";
  await assert.rejects(proving, { code: "token_keys_unavailable", message });
});

for (const succeeds of [true, false]) {
  test(`a new kid waits for a running read that ${succeeds ? "succeeds" : "fails"}`, async () => {
    const running = Promise.withResolvers<KeySet>();
    const { time, current, newer, within } = cacheOf(OLD, running.promise);
    assert.equal((await current("issuer", within(MINUTE))).keys, OLD);
    time.now = MINUTE;
    // A denial while the keys are being read would be a decision about a key that was not looked
    // for yet.
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

test("a running read of another review is waited for only until the own deadline", async () => {
  const first = cacheOf(new Promise<KeySet>(() => {}));
  first.current("issuer", first.within(MINUTE)).catch(() => {});
  const message = "no keys from issuer (TimedOut)";
  const expected = { code: "token_keys_unavailable", message, cause: new TimedOut("no time left") };
  await assert.rejects(first.current("issuer", first.within(0)), expected);

  const { time, current, newer, within } = cacheOf(OLD, new Promise<KeySet>(() => {}));
  await current("issuer", within(HOUR));
  time.now = MINUTE;
  const running = newer("issuer", within(20));
  const { keys, failed } = await newer("issuer", within(0));
  assert.deepEqual([keys, failed], [OLD, true]);
  assert.equal((await current("issuer", within(HOUR))).failed, false, "the read may still succeed");
  await running;
});
