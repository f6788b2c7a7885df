// The issuer's keys from Parameter Store: all valid ones, never a part of them, and the last good ones for a day.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "../../../functions/errors.ts";
import { cachedKeys, issuerKeyParameter, keySetOf, MAX_KEYS } from "../../../functions/issuer/keys.ts";
import type { FetchPath } from "../../../functions/parameters/parameter-store.ts";
import type { DatedParameter } from "../../../functions/parameters/stored-parameter.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";
import { ec, rsa, SAMPLES } from "./samples.ts";

const PREFIX = "/iam-authenticator/prod";
const [RSA = rsa(), P256 = ec("P-256")] = SAMPLES;

type StoredKeys = Record<string, DatedParameter>;

function stored(value: unknown, secure = false, modified = 0): DatedParameter {
  return { value: JSON.stringify(value), secure, modified };
}

const GOOD: StoredKeys = Object.fromEntries(
  SAMPLES.map(({ jwk }) => [issuerKeyParameter(PREFIX, jwk.kid), stored(jwk)]),
);
const RSA_NAME = issuerKeyParameter(PREFIX, RSA.jwk.kid);

function setOf(parameters: StoredKeys) {
  return keySetOf(PREFIX, new Map(Object.entries(parameters)));
}

const NEIGHBOUR = issuerKeyParameter(PREFIX, P256.jwk.kid);
const NAMED_X = issuerKeyParameter(PREFIX, "x");
for (const [what, name, parameter, problem] of [
  ["not JSON", RSA_NAME, { value: "{", secure: false, modified: 0 }, /^must be a JSON object/],
  ["a SecureString", RSA_NAME, stored(RSA.jwk, true), /^must be of type String/],
  ["the name of another key", NAMED_X, stored(RSA.jwk), new RegExp(`^holds the key of ${RSA_NAME}$`)],
  ["a private key", RSA_NAME, stored({ ...RSA.jwk, d: "AQAB" }), /^holds "d", which is part of a private key/],
] as const) {
  test(`an invalid parameter, ${what}, is left out, and its neighbours are served`, () => {
    const { keys, invalid } = setOf({ [name]: parameter, [NEIGHBOUR]: stored(P256.jwk) });
    assert.deepEqual(keys, [P256.jwk]);
    assert.deepEqual([invalid.length, invalid[0]?.parameter], [1, name]);
    assert.match(invalid[0]?.problem ?? "", problem);
  });
}

const MANY = Array.from({ length: MAX_KEYS + 2 }, () => ec("P-256").jwk);
/** Written one after the other, in another order than their names. */
const WRITTEN = Object.fromEntries(
  MANY.map((jwk, second) => [issuerKeyParameter(PREFIX, jwk.kid), stored(jwk, false, 1_000 * (second + 1))]),
);

test("of more than ten keys the oldest ten are served, also after a cached read, and each further one is reported", async () => {
  const { keys, invalid } = setOf(WRITTEN);
  assert.deepEqual(keys, MANY.slice(0, MAX_KEYS));
  const further = MANY.slice(MAX_KEYS).map(({ kid }) => issuerKeyParameter(PREFIX, kid));
  assert.deepEqual(
    invalid.map(({ parameter }) => parameter),
    further,
  );
  for (const { problem } of invalid) assert.match(problem, /^is not served: .*10 keys .*Retire old keys/);
  const { ask, set, later } = service(Object.fromEntries(Object.entries(WRITTEN).slice(0, MAX_KEYS)));
  await ask();
  set(WRITTEN);
  later(30 * S);
  assert.deepEqual(await ask(), { keys: 10, cached: false, stale: false });
});

/** A Parameter Store and a clock that a test can change. */
function service(initial: StoredKeys | Promise<StoredKeys>) {
  const clock = fixedClock();
  const state: { parameters: StoredKeys | Promise<StoredKeys> | Error } = { parameters: initial };
  const calls: unknown[] = [];
  const fetchPath: FetchPath = async (path) => {
    calls.push(path);
    if (state.parameters instanceof Error) throw state.parameters;
    return new Map(Object.entries(await state.parameters));
  };
  const read = cachedKeys(fetchPath, PREFIX, clock);
  return {
    calls,
    set: (parameters: typeof state.parameters) => void Object.assign(state, { parameters }),
    later: clock.advance,
    ask: async () => {
      const { keys, cached, stale } = await read(deadlineOf(clock));
      return { keys: keys.length, cached, stale };
    },
  };
}

const DOWN = fault("parameters_unavailable", "no answer");
const S = 1_000;
const HOUR = 3_600 * S;

test("one read of the path returns all keys, which are cached for 30 s", async () => {
  const { ask, later, set, calls } = service(GOOD);
  for (const [ms, keys, cached] of [
    [0, 4, false],
    [30 * S - 1, 4, true],
    [1, 1, false],
  ] as const) {
    later(ms);
    assert.deepEqual(await ask(), { keys, cached, stale: false });
    set({ [RSA_NAME]: stored(RSA.jwk) });
  }
  assert.deepEqual(calls, [`${PREFIX}/issuer`, `${PREFIX}/issuer`]);
});

test("while Parameter Store fails, the complete last keys are served for 24 h, and it is read every 5 s until it recovers", async () => {
  const { ask, later, set, calls } = service(GOOD);
  await ask();
  set(DOWN);
  for (const [ms, reads] of [
    [30 * S, 2],
    [5 * S - 1, 2],
    [1, 3],
    [24 * HOUR - 35 * S - 1, 4],
  ] as const) {
    later(ms);
    assert.deepEqual(await ask(), { keys: 4, cached: true, stale: true });
    assert.equal(calls.length, reads);
  }
  later(5 * S);
  await assert.rejects(ask(), DOWN);
  set({ [RSA_NAME]: stored(RSA.jwk) });
  later(S);
  assert.deepEqual(await ask(), { keys: 1, cached: false, stale: false });
});

test("without cached keys, a failure is a fault, and a request reads again a second later", async () => {
  const { ask, later, set, calls } = service(GOOD);
  set(DOWN);
  for (const [ms, reads] of [
    [0, 1],
    [S - 1, 1],
    [1, 2],
  ] as const) {
    later(ms);
    await assert.rejects(ask(), DOWN);
    assert.equal(calls.length, reads);
  }
  set(GOOD);
  later(S);
  assert.equal((await ask()).keys, 4);
});

for (const [what, initial, problem] of [
  ["an issuer without keys reports that", {}, "there is no parameter"],
  [
    "if each parameter is invalid, the error names one and the reason",
    { [RSA_NAME]: { value: "{", secure: false, modified: 0 } },
    `${RSA_NAME} must be a JSON object: a public JWK`,
  ],
] as const) {
  test(`${what}, never answers an empty set, and reads again after 10 s`, async () => {
    const { ask, later, set, calls } = service(initial);
    const message = `no key below ${PREFIX}/issuer: ${problem}; publish one (irsa keys publish)`;
    for (const _ of [1, 2]) await assert.rejects(ask(), { code: "issuer_without_keys", message });
    assert.equal(calls.length, 1);
    set(GOOD);
    later(10 * S);
    assert.equal((await ask()).keys, 4);
  });
}

test("keys that were all removed are not served: cached keys are only for outages", async () => {
  const { ask, later, set } = service(GOOD);
  await ask();
  set({});
  later(30 * S);
  await assert.rejects(ask(), { code: "issuer_without_keys" });
  set(DOWN);
  later(10 * S);
  await assert.rejects(ask(), DOWN);
});

test("an older read that ends after a newer one does not restore a retired key", async () => {
  const reads = [Promise.withResolvers<StoredKeys>(), Promise.withResolvers<StoredKeys>()] as const;
  const { ask, later, set } = service(reads[0].promise);
  const older = ask();
  later(1);
  set(reads[1].promise);
  const newer = ask();
  reads[1].resolve({ [RSA_NAME]: stored(RSA.jwk) });
  assert.equal((await newer).keys, 1);
  reads[0].resolve(GOOD);
  await older;
  assert.deepEqual(await ask(), { keys: 1, cached: true, stale: false });
});
