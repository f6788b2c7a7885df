// The built issuer while Parameter Store is down, throttles or has a broken key: its documents remain available and complete.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { HttpResponse } from "../../../functions/gateway/http-response.ts";
import { JWKS_PATH, jwksDocument } from "../../../functions/issuer/documents.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ssmThrottling } from "../../local/service-faults.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock, stoppedClock } from "../../system/clock.ts";
import { SAMPLES } from "./samples.ts";

const entryAt = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const BUNDLE = entryAt("dist/issuer/index.mjs");
const SOURCE = entryAt("functions/issuer/index.ts");
const PREFIX = "/iam-authenticator/prod";
const KEYS = SAMPLES.slice(0, 2).map(({ jwk }) => jwk);
const COMPLETE = jwksDocument(KEYS);

const parameterOf = ({ kid }: { kid: string }): string => issuerKeyParameter(PREFIX, kid);

/** `prepare` runs before the function initializes and prefetches its keys. */
async function startIssuerBundle(
  t: TestContext,
  { prepare = (_: MemoryStore): void => {}, entry = BUNDLE, clock = sharedClock() } = {},
) {
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
    async read(): Promise<[status: number, body: string]> {
      const { statusCode, body } = (await handler(event as never, { awsRequestId: "1" } as never)) as HttpResponse;
      return [statusCode, body];
    },
  };
}

test("the first request serves prefetched keys without a second call, as old as their read", async (t) => {
  const { store, clock, read, output } = await startIssuerBundle(t, { clock: stoppedClock() });
  assert.deepEqual([store.requests.length, output("stdout")], [1, ""]);
  clock.advance(29_999);
  assert.deepEqual(await read(), [200, COMPLETE]);
  assert.equal(store.requests.length, 1);
  clock.advance(1);
  assert.deepEqual(await read(), [200, COMPLETE]);
  assert.equal(store.requests.length, 2);
});

test("the sources serve the same as their bundle", async (t) => {
  const { read } = await startIssuerBundle(t, { entry: SOURCE });
  assert.deepEqual(await read(), [200, COMPLETE]);
});

test("1,000 fetches a minute while Parameter Store throttles: at most 60 calls, four every 5 s", async (t) => {
  const { store, clock, read } = await startIssuerBundle(t);
  await read();
  store.fail(ssmThrottling());
  store.requests.length = 0;
  for (let fetched = 0; fetched < 1_000; fetched += 1) {
    clock.advance(60);
    assert.deepEqual(await read(), [200, COMPLETE]);
  }
  const calls = store.requests.length;
  assert.ok(calls >= 1 && calls <= 60, `${calls} calls`);
});
