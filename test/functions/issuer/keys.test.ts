// The issuer's keys from Parameter Store: all valid ones, never a part of them, and the last good
// ones for a day.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SERVICES } from "../../../functions/aws/services.ts";
import { fault } from "../../../functions/errors.ts";
import { cachedIssuerKeys, keySetOf, MAX_KEYS } from "../../../functions/issuer/keys.ts";
import { issuerKeyParameter } from "../../../functions/parameters/names.ts";
import type { FetchPath } from "../../../functions/parameters/parameter-store.ts";
import type { DatedParameter } from "../../../functions/parameters/stored-parameter.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";
import { guarded } from "../guards.ts";
import { ec, rsa, SAMPLES } from "./samples.ts";

const PREFIX = "/iam-authenticator/prod";
const [RSA = rsa(), P256 = ec("P-256")] = SAMPLES;

type StoredKeys = Record<string, DatedParameter>;

function stored(value: unknown, secure = false, modified = 0): DatedParameter {
  return { value: JSON.stringify(value), secure, modified };
}

const nameOf = (kid: string) => issuerKeyParameter(PREFIX, kid);
const GOOD: StoredKeys = Object.fromEntries(
  SAMPLES.map(({ jwk }) => [nameOf(jwk.kid), stored(jwk)]),
);
const RSA_NAME = nameOf(RSA.jwk.kid);

const setOf = (parameters: StoredKeys) => keySetOf(PREFIX, new Map(Object.entries(parameters)));

for (const [what, name, parameter, problem] of [
  ["not JSON", RSA_NAME, { value: "{", secure: false, modified: 0 }, /^must be a JSON object/],
  ["a SecureString", RSA_NAME, stored(RSA.jwk, true), /^must be of type String/],
  [
    "the name of another key",
    nameOf("x"),
    stored(RSA.jwk),
    new RegExp(`^holds the key of ${RSA_NAME}$`),
  ],
  [
    "a private key",
    RSA_NAME,
    stored({ ...RSA.jwk, d: "AQAB" }),
    /^holds "d", which is part of a private key/,
  ],
] as const) {
  test(`an invalid parameter, ${what}, is left out, and its neighbours are served`, () => {
    const { keys, invalid } = setOf({
      [name]: parameter,
      [nameOf(P256.jwk.kid)]: stored(P256.jwk),
    });
    assert.deepEqual([keys, invalid.length, invalid[0]?.parameter], [[P256.jwk], 1, name]);
    assert.match(invalid[0]?.problem ?? "", problem);
  });
}

const MANY = Array.from({ length: MAX_KEYS + 2 }, () => ec("P-256").jwk);
/** Written one after the other, in another order than their names. */
const WRITTEN = Object.fromEntries(
  MANY.map((jwk, at) => [nameOf(jwk.kid), stored(jwk, false, 1_000 * at)]),
);

test("of more than ten keys the oldest ten are served, and each further one is reported", () => {
  const { keys, invalid } = setOf(WRITTEN);
  assert.deepEqual(keys, MANY.slice(0, MAX_KEYS));
  const further = MANY.slice(MAX_KEYS).map(({ kid }) => nameOf(kid));
  const reported = invalid.map(({ parameter }) => parameter);
  assert.deepEqual(reported, further);
  for (const { problem } of invalid)
    assert.match(problem, /^is not served: .*10 keys .*Retire old keys/);
});

/**
 * A Parameter Store and a clock that a test can change. An outcome is the number of keys, or the
 * error.
 */
function service() {
  const clock = fixedClock();
  const state: { stored: StoredKeys | Promise<StoredKeys> | Error; paths: string[] } = {
    stored: {},
    paths: [],
  };
  const fetchPath: FetchPath = async (path) => {
    state.paths.push(path);
    if (state.stored instanceof Error) throw state.stored;
    return new Map(Object.entries(await state.stored));
  };
  const read = cachedIssuerKeys(guarded(SERVICES.parameterStore, fetchPath, clock), PREFIX, clock);
  const ask = () =>
    read(deadlineOf(clock)).then(
      ({ keys, cached, stale }) =>
        `${keys.length}${cached ? " cached" : ""}${stale ? " stale" : ""}`,
      String,
    );
  return { clock, state, ask };
}

const DOWN = fault("parameters_unavailable", "no answer");
const FAULT = String(DOWN);
const ONE = { [RSA_NAME]: stored(RSA.jwk) };
const BROKEN = { [RSA_NAME]: { value: "{", secure: false, modified: 0 } };
const without = (problem: string) =>
  `issuer_without_keys: no key below ${PREFIX}/issuer: ${problem}; publish one (irsa keys publish)`;
const S = 1_000;
const HOUR = 3_600 * S;

/** Milliseconds since the step before, what is stored, the outcome, and all reads. */
type Step = readonly [ms: number, stored: StoredKeys | Error, outcome: string, reads: number];
const NO_PARAMETER: Step = [0, {}, without("there is no parameter"), 1];
const ONLY_BROKEN: Step = [
  0,
  BROKEN,
  without(`${RSA_NAME} must be a JSON object: a public JWK`),
  1,
];
// biome-ignore format: a table
const CASES: readonly (readonly [title: string, ...steps: Step[]])[] = [
  ["one read of the path returns all keys, which are cached for 30 s", [0, GOOD, "4", 1], [30 * S - 1, ONE, "4 cached", 1], [1, ONE, "1", 2]],
  ["the oldest ten of more keys are served after a cached read, too", [0, Object.fromEntries(Object.entries(WRITTEN).slice(0, MAX_KEYS)), "10", 1], [30 * S, WRITTEN, "10", 2]],
  [
    "while Parameter Store fails, the complete last keys are served for 24 h, and it is read every 5 s until it recovers",
    [0, GOOD, "4", 1],
    [30 * S, DOWN, "4 cached stale", 2],
    [5 * S - 1, DOWN, "4 cached stale", 2],
    [1, DOWN, "4 cached stale", 3],
    [24 * HOUR - 35 * S - 1, DOWN, "4 cached stale", 4],
    [5 * S, DOWN, FAULT, 5],
    [S, ONE, "1", 6],
  ],
  ["without cached keys, a failure is a fault, and a request reads again a second later", [0, DOWN, FAULT, 1], [S - 1, DOWN, FAULT, 1], [1, DOWN, FAULT, 2], [S, GOOD, "4", 3]],
  ["an issuer without keys reports that, never answers an empty set, and reads again after 10 s", NO_PARAMETER, NO_PARAMETER, [10 * S, GOOD, "4", 2]],
  ["if each parameter is invalid, the error names one, and why", ONLY_BROKEN, ONLY_BROKEN, [10 * S, GOOD, "4", 2]],
  ["keys that were all removed are not served: cached keys are only for outages", [0, GOOD, "4", 1], [30 * S, {}, NO_PARAMETER[2], 2], [10 * S, DOWN, FAULT, 3]],
  ["after the clock steps back, the keys are read again, and a retired one is not served", [0, GOOD, "4", 1], [-HOUR, ONE, "1", 2], [0, ONE, "1 cached", 2], [-1, GOOD, "4", 3]],
  [
    "during an outage, a step back neither ends nor prolongs the 24 h of the last keys",
    [0, GOOD, "4", 1],
    [-HOUR, DOWN, "4 cached stale", 2],
    [24 * HOUR - 1, DOWN, "4 cached stale", 3],
    [1, DOWN, FAULT, 3],
  ],
];
for (const [title, ...steps] of CASES) {
  test(title, async () => {
    const { clock, state, ask } = service();
    for (const [index, [ms, stored, expected, reads]] of steps.entries()) {
      clock.advance(ms);
      state.stored = stored;
      assert.deepEqual([await ask(), state.paths.length], [expected, reads], `step ${index}`);
    }
    assert.deepEqual(new Set(state.paths), new Set([`${PREFIX}/issuer`]));
  });
}

test("an older read that ends after a newer one does not restore a retired key", async () => {
  const first = Promise.withResolvers<StoredKeys>();
  const second = Promise.withResolvers<StoredKeys>();
  const { clock, state, ask } = service();
  state.stored = first.promise;
  const older = ask();
  clock.advance(1);
  state.stored = second.promise;
  const newer = ask();
  second.resolve(ONE);
  assert.equal(await newer, "1");
  first.resolve(GOOD);
  await older;
  assert.equal(await ask(), "1 cached");
});
