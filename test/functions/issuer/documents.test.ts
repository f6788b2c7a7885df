// The two documents: the same bytes for the same keys; and the built issuer and its sources, whose first request serves keys that
// were read before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { HttpResponse } from "../../../functions/gateway/http-response.ts";
import { discoveryDocument, JWKS_PATH, jwksDocument } from "../../../functions/issuer/documents.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { stoppedClock } from "../../system/clock.ts";
import { SAMPLES } from "./samples.ts";

const ISSUER = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const KEYS = SAMPLES.map(({ jwk }) => jwk);

test("the documents are kube-apiserver's: each algorithm once, members in order, whatever the order of the keys", () => {
  for (const keys of [[...KEYS, ...KEYS], KEYS.toReversed(), [...KEYS.slice(2), ...KEYS.slice(0, 2)]]) {
    assert.equal(
      discoveryDocument(ISSUER, keys),
      `{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/openid/v1/jwks","response_types_supported":["id_token"],` +
        '"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","ES384","ES512","RS256"]}',
    );
    if (keys.length === KEYS.length) assert.equal(jwksDocument(keys), jwksDocument(KEYS));
  }
  const members = JSON.parse(jwksDocument(KEYS)).keys.map((key: object) => Object.keys(key).join(" "));
  assert.deepEqual(members.toSorted(), [...Array(3).fill("use kty kid crv alg x y"), "use kty kid alg n e"].toSorted());
});

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
