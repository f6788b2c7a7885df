// The built issuer while Parameter Store is down, throttles or has a broken key: its documents remain available and complete.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { JWKS_PATH, jwksDocument } from "../../../functions/issuer/documents.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock } from "../../system/clock.ts";
import { ec, rsa } from "./samples.ts";

const entryAt = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const BUNDLE = entryAt("dist/issuer/index.mjs");
const SOURCE = entryAt("functions/issuer/index.ts");
const PREFIX = "/iam-authenticator/prod";
const KEYS = [rsa().jwk, ec("P-256").jwk];
const COMPLETE = jwksDocument(KEYS);
const HOUR_MS = 3_600_000;

const parameterOf = ({ kid }: { kid: string }): string => issuerKeyParameter(PREFIX, kid);

/** `prepare` runs before the function initializes and prefetches its keys. */
async function startIssuerBundle(t: TestContext, prepare: (store: MemoryStore) => void = () => {}, entry = BUNDLE) {
  const clock = sharedClock();
  const parameters = Object.fromEntries(KEYS.map((key) => [parameterOf(key), JSON.stringify(key)]));
  // Each write has a different time.
  let written = Date.UTC(2026, 10, 24);
  const store = await startParameterStore({ region: "us-west-2", parameters, now: () => (written += 1_000) });
  t.after(() => store.close());
  prepare(store);
  const { handler, output, close } = await startFunction({
    entry,
    environment: {
      CLUSTER_ID: "prod",
      ISSUER_URL: "https://oidc.example.com",
      AWS_REGION: "us-west-2",
      AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
      AWS_SECRET_ACCESS_KEY: "local/only",
      AWS_ENDPOINT_URL_SSM: store.url,
    },
    clock,
  });
  t.after(close);
  const event = { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } };
  return {
    store,
    clock,
    output,
    async jwks(): Promise<{ statusCode: number; body: string }> {
      return (await handler(event as never, { awsRequestId: "1" } as never)) as { statusCode: number; body: string };
    },
  };
}

const RESET = { kind: "reset" } as const;

for (const [what, fault] of [
  ["is down", RESET],
  ["throttles", ssmThrottling()],
] as const) {
  test(`Parameter Store ${what}: the documents remain available and complete for 24 hours, then it is a 500`, async (t) => {
    const { store, clock, jwks } = await startIssuerBundle(t);
    assert.deepEqual(await read(jwks), [200, COMPLETE]);
    store.fail(fault);
    for (const hours of [1, 8, 14]) {
      clock.advance(hours * HOUR_MS);
      assert.deepEqual(await read(jwks), [200, COMPLETE]);
    }
    clock.advance(HOUR_MS);
    const [status, body] = await read(jwks);
    assert.equal(status, 500);
    assert.equal(JSON.parse(body).code, "parameters_unavailable");
    store.fail(undefined);
    clock.advance(1_000);
    assert.deepEqual(await read(jwks), [200, COMPLETE]);
  });

  test(`Parameter Store ${what} from the start: a 500, never an empty set, and the complete set when it recovers`, async (t) => {
    const { store, clock, jwks } = await startIssuerBundle(t, (store) => store.fail(fault));
    const [status, body] = await read(jwks);
    assert.deepEqual([status, JSON.parse(body).code], [500, "parameters_unavailable"]);
    store.fail(undefined);
    clock.advance(1_000);
    assert.deepEqual(await read(jwks), [200, COMPLETE]);
  });
}

test("a broken key is left out and logged, and the valid ones are served", async (t) => {
  const { jwks, output } = await startIssuerBundle(t, (store) => store.put(`${PREFIX}/issuer/broken`, '{"kty":"RSA"'));
  assert.deepEqual(await read(jwks), [200, COMPLETE]);
  const [line = ""] = output("stdout").split("\n");
  assert.match(line, /"invalidKeys":\["\/iam-authenticator\/prod\/issuer\/broken /);
});

test("an eleventh key is left out and logged, also by a new environment, and the first ten are served", async (t) => {
  const more = Array.from({ length: 8 }, () => ec("P-256").jwk);
  const eleventh = ec("P-256").jwk;
  const { jwks, output } = await startIssuerBundle(t, (store) => {
    for (const key of [...more, eleventh]) store.put(parameterOf(key), JSON.stringify(key));
  });
  assert.deepEqual(await read(jwks), [200, jwksDocument([...KEYS, ...more])]);
  const [line = ""] = output("stdout").split("\n");
  assert.ok(JSON.parse(line).invalidKeys[0].startsWith(`${parameterOf(eleventh)} is not served`), line);
  assert.equal(JSON.parse(line).InvalidIssuerKeys, 1);
});

test("the first request serves prefetched keys without a second call, as old as their read", async (t) => {
  const { store, clock, jwks, output } = await startIssuerBundle(t);
  assert.deepEqual([store.requests.length, output("stdout")], [1, ""]);
  clock.advance(29_000);
  assert.deepEqual(await read(jwks), [200, COMPLETE]);
  assert.equal(store.requests.length, 1);
  clock.advance(1_000);
  assert.deepEqual(await read(jwks), [200, COMPLETE]);
  assert.equal(store.requests.length, 2);
});

test("the sources serve the same as their bundle", async (t) => {
  const { jwks } = await startIssuerBundle(t, undefined, SOURCE);
  assert.deepEqual(await read(jwks), [200, COMPLETE]);
});

/** Both documents alternately, at even intervals. */
const MINUTE = { fetches: 1000, ms: 60_000 };

for (const [what, fault, most] of [
  ["answers", undefined, 3],
  // every 5 s, each time with the tries of a throttled call
  ["throttles", ssmThrottling(), 60],
] as const) {
  test(`${MINUTE.fetches} fetches per minute while Parameter Store ${what}: at most ${most} calls`, async (t) => {
    const { store, clock, jwks } = await startIssuerBundle(t);
    await jwks();
    store.fail(fault);
    store.requests.length = 0;
    for (let fetched = 0; fetched < MINUTE.fetches; fetched += 1) {
      clock.advance(MINUTE.ms / MINUTE.fetches);
      assert.deepEqual(await read(jwks), [200, COMPLETE]);
    }
    const calls = store.requests.length;
    t.diagnostic(`${calls} calls of Parameter Store`);
    assert.ok(calls >= 1 && calls <= most, `${calls} calls`);
  });
}

async function read(jwks: () => Promise<{ statusCode: number; body: string }>): Promise<[number, string]> {
  const { statusCode, body } = await jwks();
  return [statusCode, body];
}
