// The issuer's responses: 200 only for GET of its two documents, in both payload formats, with the
// same bytes for the same keys.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fault } from "../../../functions/errors.ts";
import type { HttpResponse } from "../../../functions/gateway/http.ts";
import {
  DISCOVERY_PATH,
  discoveryDocument,
  JWKS_PATH,
  jwksDocument,
} from "../../../functions/issuer/documents.ts";
import { createIssuer } from "../../../functions/issuer/handler.ts";
import { readIssuerSettings } from "../../../functions/issuer/settings.ts";
import { issuerKeyParameter } from "../../../functions/parameters/names.ts";
import { keyVariables } from "../../aws-variables.ts";
import { localIdentity, startParameterStore } from "../../local-aws.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { stoppedClock } from "../../system/clock.ts";
import { SAMPLES } from "./samples.ts";

const ISSUER = "https://abc123.execute-api.eu-west-1.amazonaws.com";
const NOW = Date.UTC(2026, 10, 24, 12);
const KEYS = SAMPLES.map(({ jwk }) => jwk);
const PARAMETERS = new Map(
  KEYS.map((jwk, at) => [
    issuerKeyParameter("/iam-authenticator/prod", jwk.kid),
    { value: JSON.stringify(jwk), secure: false, modified: at },
  ]),
);

function event(method: string, path: string, payload: "1.0" | "2.0" = "2.0"): object {
  const requestContext = { requestId: "req-1", stage: "$default" };
  return payload === "1.0"
    ? { httpMethod: method, path, headers: {}, requestContext }
    : {
        version: "2.0",
        rawPath: path,
        headers: {},
        requestContext: { ...requestContext, http: { method, path } },
      };
}

const DOWN = fault("parameters_unavailable", "no answer from Parameter Store (TimedOut)");
const BROKEN = "/iam-authenticator/prod/issuer/broken";
const WITH_BROKEN = new Map([...PARAMETERS, [BROKEN, { value: "{", secure: false, modified: 0 }]]);

function issuer({
  url = ISSUER,
  parameters = PARAMETERS,
  fail = undefined as Error | undefined,
} = {}) {
  const lines: Record<string, unknown>[] = [];
  const settings = readIssuerSettings({
    AWS_REGION: "eu-west-1",
    CLUSTER_ID: "prod",
    ISSUER_URL: url,
  });
  const { handler } = createIssuer(settings, {
    fetchPath: async () => {
      if (fail !== undefined) throw fail;
      return parameters;
    },
    clock: () => NOW,
    print: (line) => lines.push(JSON.parse(line)),
  });
  return { handler, lines };
}

test("discovery and JWKS are served in both payload formats, each cacheable for a minute", async () => {
  const { handler } = issuer();
  for (const [path, type, body] of [
    [DISCOVERY_PATH, "application/json", discoveryDocument(ISSUER, KEYS)],
    [JWKS_PATH, "application/jwk-set+json", jwksDocument(KEYS)],
  ] as const) {
    const headers = { "content-type": type, "cache-control": "public, max-age=60" };
    for (const payload of ["1.0", "2.0"] as const) {
      const response = await handler(event("GET", path, payload));
      assert.deepEqual(response, { statusCode: 200, headers, body, isBase64Encoded: false });
    }
  }
});

test("a path in the issuer's URL is found, and another cluster's is not", async () => {
  const url = "https://oidc.example.com/clusters/prod";
  const { handler } = issuer({ url });
  for (const prefix of ["/clusters/prod", ""]) {
    const { statusCode, body } = await handler(event("GET", prefix + DISCOVERY_PATH));
    const { issuer, jwks_uri } = JSON.parse(body);
    assert.deepEqual([statusCode, issuer, jwks_uri], [200, url, `${url}/openid/v1/jwks`]);
  }
  const requestContext = { stage: "prod", http: { method: "GET" } };
  assert.equal((await handler({ rawPath: `/prod${JWKS_PATH}`, requestContext })).statusCode, 200);
  for (const prefix of ["/clusters/dev", "/clusters/prod2", "/clusters"]) {
    assert.equal((await handler(event("GET", prefix + DISCOVERY_PATH))).statusCode, 404);
  }
});

test("every other path is 404, every other method 405 with Allow, and neither reads a key", async () => {
  const { handler } = issuer({ fail: new Error("must not be asked") });
  const message = "the only paths are /.well-known/openid-configuration and /openid/v1/jwks";
  for (const path of [
    "/",
    `${JWKS_PATH}/`,
    "/authenticate",
    "/openid/v1/JWKS",
    "//openid/v1/jwks",
    "",
  ]) {
    const { statusCode, body, headers } = await handler(event("GET", path));
    assert.deepEqual([statusCode, headers["cache-control"]], [404, "no-store"], path);
    assert.deepEqual(JSON.parse(body), { code: "path_unknown", message });
  }
  for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", ""]) {
    const { statusCode, headers } = await handler(event(method, JWKS_PATH));
    assert.deepEqual([statusCode, headers["allow"]], [405, "GET"], method);
  }
});

const NO_KEYS = /^no key below \/iam-authenticator\/pr/;
for (const [what, options, code, message, cause] of [
  [
    "Parameter Store down without cached keys",
    { fail: DOWN },
    "parameters_unavailable",
    /\(TimedOut\)$/,
    undefined,
  ],
  ["an issuer without keys", { parameters: new Map() }, "issuer_without_keys", NO_KEYS, undefined],
  [
    "an unexpected failure",
    { fail: new TypeError("secret") },
    "internal_fault",
    /^unexpected failure$/,
    "TypeError",
  ],
] as const) {
  test(`${what}: a 500 with its code, never 404 or an empty set`, async () => {
    const { handler, lines } = issuer(options);
    for (const path of [DISCOVERY_PATH, JWKS_PATH]) {
      const { statusCode, headers, body } = await handler(event("GET", path));
      assert.deepEqual(
        [statusCode, headers["cache-control"], JSON.parse(body).code],
        [500, "no-store", code],
      );
      assert.match(JSON.parse(body).message, message);
    }
    const Metrics = [{ Name: "IssuerRequests", Unit: "Count" }];
    const CloudWatchMetrics = [{ Dimensions: [["ClusterId", "Outcome"]], Metrics }];
    const counted = {
      ClusterId: "prod",
      Outcome: "fault",
      IssuerRequests: 1,
      _aws: { CloudWatchMetrics },
    };
    assert.partialDeepStrictEqual(lines[0], {
      reason: code,
      level: "error",
      ...(cause && { cause }),
      ...counted,
    });
    assert.doesNotMatch(JSON.stringify(lines), /secret/);
  });
}

test("each request prints one line", async () => {
  const { handler, lines } = issuer();
  await handler(event("GET", JWKS_PATH));
  await handler(event("GET", "/favicon.ico"));
  const [{ _aws, ClusterId, Outcome, IssuerRequests, ...line } = {}, ...others] = lines;
  assert.deepEqual(line, {
    ...{
      timestamp: "2026-11-24T12:00:00.000Z",
      level: "info",
      outcome: "served",
      document: JWKS_PATH,
    },
    ...{ keys: KEYS.map(({ kid }) => kid), invalidKeys: [], ms: { parameters: 0, total: 0 } },
    ...{ cached: false, stale: false, coldStart: true, requestId: "req-1" },
  });
  assert.partialDeepStrictEqual(others, [
    { outcome: "bad_request", reason: "path_unknown", level: "warn" },
  ]);
});

test("an invalid key is logged with its parameter at level warn, and counted", async () => {
  const { handler, lines } = issuer({ parameters: WITH_BROKEN });
  assert.equal((await handler(event("GET", JWKS_PATH))).body, jwksDocument(KEYS));
  const invalidKeys = [`${BROKEN} must be a JSON object: a public JWK`];
  assert.partialDeepStrictEqual(lines, [{ level: "warn", invalidKeys, InvalidIssuerKeys: 1 }]);
});

test("the documents are kube-apiserver's, whatever the order of the keys", () => {
  for (const keys of [
    [...KEYS, ...KEYS],
    KEYS.toReversed(),
    [...KEYS.slice(2), ...KEYS.slice(0, 2)],
  ]) {
    assert.equal(
      discoveryDocument(ISSUER, keys),
      `{"issuer":"${ISSUER}","jwks_uri":"${ISSUER}/openid/v1/jwks","response_types_supported":["id_token"],` +
        '"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["ES256","ES384","ES512","RS256"]}',
    );
    if (keys.length === KEYS.length) assert.equal(jwksDocument(keys), jwksDocument(KEYS));
  }
  const members = JSON.parse(jwksDocument(KEYS)).keys.map((key: object) =>
    Object.keys(key).join(" "),
  );
  assert.deepEqual(
    members.toSorted(),
    [...Array(3).fill("use kty kid crv alg x y"), "use kty kid alg n e"].toSorted(),
  );
});

for (const path of ["dist/issuer/index.mjs", "functions/issuer/index.ts"]) {
  test(`${path}: the first request serves prefetched keys without a second call`, async (t) => {
    const parameterOf = ({ kid }: { kid: string }) =>
      issuerKeyParameter("/iam-authenticator/prod", kid);
    const parameters = Object.fromEntries(
      KEYS.map((key) => [parameterOf(key), JSON.stringify(key)]),
    );
    // Each write has a different time.
    let written = Date.UTC(2026, 10, 24);
    const store = await startParameterStore({
      region: "us-west-2",
      parameters,
      now: () => (written += 1_000),
    });
    t.after(() => store.close());
    const clock = stoppedClock();
    const { handler, output, close } = await startFunction({
      entry: fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
      environment: {
        CLUSTER_ID: "prod",
        ISSUER_URL: "https://oidc.example.com",
        AWS_REGION: "us-west-2",
        ...keyVariables(localIdentity("function")),
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
      const { statusCode, body } = (await handler(
        event as never,
        { awsRequestId: "1" } as never,
      )) as HttpResponse;
      assert.deepEqual([statusCode, body, store.requests.length], [200, jwksDocument(KEYS), reads]);
    }
  });
}
