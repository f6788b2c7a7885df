// The built issuer and its sources: the first request serves keys that were read before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { HttpResponse } from "../../../functions/gateway/http-response.ts";
import { JWKS_PATH, jwksDocument } from "../../../functions/issuer/documents.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { stoppedClock } from "../../system/clock.ts";
import { SAMPLES } from "./samples.ts";

const KEYS = SAMPLES.slice(0, 2).map(({ jwk }) => jwk);

for (const path of ["dist/issuer/index.mjs", "functions/issuer/index.ts"]) {
  test(`${path}: the first request serves prefetched keys without a second call, as old as their read`, async (t) => {
    const parameterOf = ({ kid }: { kid: string }) => issuerKeyParameter("/iam-authenticator/prod", kid);
    const parameters = Object.fromEntries(KEYS.map((key) => [parameterOf(key), JSON.stringify(key)]));
    // Each write has a different time.
    let written = Date.UTC(2026, 10, 24);
    const store = await startParameterStore({ region: "us-west-2", parameters, now: () => (written += 1_000) });
    t.after(() => store.close());
    const clock = stoppedClock();
    const { handler, output, close } = await startFunction({
      entry: fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
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
    assert.equal(output("stdout"), "");
    const event = { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } };
    for (const [ms, reads] of [
      [29_999, 1],
      [1, 2],
    ] as const) {
      clock.advance(ms);
      const { statusCode, body } = (await handler(event as never, { awsRequestId: "1" } as never)) as HttpResponse;
      assert.deepEqual([statusCode, body, store.requests.length], [200, jwksDocument(KEYS), reads]);
    }
  });
}
