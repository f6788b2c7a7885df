// The issuer's responses: 200 only for GET of its two documents, in both payload formats.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fault } from "../../../functions/errors.ts";
import { DISCOVERY_PATH, discoveryDocument, JWKS_PATH, jwksDocument } from "../../../functions/issuer/documents.ts";
import { createIssuer } from "../../../functions/issuer/handler.ts";
import { issuerKeyParameter } from "../../../functions/issuer/keys.ts";
import { readIssuerSettings } from "../../../functions/issuer/settings.ts";
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
    : { version: "2.0", rawPath: path, headers: {}, requestContext: { ...requestContext, http: { method, path } } };
}

function issuer({
  url = ISSUER,
  parameters = PARAMETERS,
  fail = undefined as Error | undefined,
  logLevel = "info",
} = {}) {
  const lines: Record<string, unknown>[] = [];
  const settings = readIssuerSettings({
    AWS_REGION: "eu-west-1",
    CLUSTER_ID: "prod",
    ISSUER_URL: url,
    LOG_LEVEL: logLevel,
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

for (const payload of ["1.0", "2.0"] as const) {
  test(`payload ${payload}: discovery and JWKS, each cacheable for a minute`, async () => {
    const { handler } = issuer();
    assert.deepEqual(await handler(event("GET", DISCOVERY_PATH, payload)), {
      statusCode: 200,
      headers: { "content-type": "application/json", "cache-control": "public, max-age=60" },
      body: discoveryDocument(ISSUER, KEYS),
      isBase64Encoded: false,
    });
    assert.deepEqual(await handler(event("GET", JWKS_PATH, payload)), {
      statusCode: 200,
      headers: { "content-type": "application/jwk-set+json", "cache-control": "public, max-age=60" },
      body: jwksDocument(KEYS),
      isBase64Encoded: false,
    });
  });
}

describe("with a path in the issuer's URL", () => {
  for (const path of [`/clusters/prod${DISCOVERY_PATH}`, DISCOVERY_PATH]) {
    test(`${path} is found`, async () => {
      const { handler } = issuer({ url: "https://oidc.example.com/clusters/prod" });
      const { statusCode, body } = await handler(event("GET", path));
      assert.equal(statusCode, 200);
      assert.equal(JSON.parse(body).issuer, "https://oidc.example.com/clusters/prod");
      assert.equal(JSON.parse(body).jwks_uri, "https://oidc.example.com/clusters/prod/openid/v1/jwks");
    });
  }

  test("another cluster's path is not found", async () => {
    const { handler } = issuer({ url: "https://oidc.example.com/clusters/prod" });
    for (const path of ["/clusters/dev", "/clusters/prod2", "/clusters"]) {
      assert.equal((await handler(event("GET", path + DISCOVERY_PATH))).statusCode, 404);
    }
  });
});

test("every other path is 404, every other method 405 with Allow, and neither reads a key", async () => {
  const { handler } = issuer({ fail: new Error("must not be asked") });
  const { statusCode, body, headers } = await handler(event("GET", "/"));
  assert.equal(statusCode, 404);
  assert.equal(headers["cache-control"], "no-store");
  assert.deepEqual(JSON.parse(body), {
    code: "path_unknown",
    message: "the only paths are /.well-known/openid-configuration and /openid/v1/jwks",
  });
  for (const path of [`${JWKS_PATH}/`, "/authenticate", "/openid/v1/JWKS", "//openid/v1/jwks", ""]) {
    assert.equal((await handler(event("GET", path))).statusCode, 404, path);
  }
  for (const method of ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", ""]) {
    const refused = await handler(event(method, JWKS_PATH));
    assert.deepEqual([refused.statusCode, refused.headers["allow"]], [405, "GET"], method);
  }
});

test("a stage name before the path is accepted", async () => {
  const { handler } = issuer();
  const requestContext = { stage: "prod", http: { method: "GET" } };
  assert.equal((await handler({ rawPath: `/prod${JWKS_PATH}`, requestContext })).statusCode, 200);
});

test("an event of another kind, even a bare TokenReview, is 404", async () => {
  const { handler } = issuer();
  for (const odd of [null, "text", 1, [], {}, { kind: "TokenReview", spec: { token: "t" } }]) {
    assert.equal((await handler(odd)).statusCode, 404);
  }
});

test("Parameter Store down without cached keys: 500, not cacheable, never 404 or an empty set", async () => {
  const { handler, lines } = issuer({
    fail: fault("parameters_unavailable", "no answer from Parameter Store (TimedOut)"),
  });
  for (const path of [DISCOVERY_PATH, JWKS_PATH]) {
    const { statusCode, headers, body } = await handler(event("GET", path));
    assert.equal(statusCode, 500);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(JSON.parse(body).code, "parameters_unavailable");
  }
  assert.equal(lines[0]?.["reason"], "parameters_unavailable");
  assert.equal(lines[0]?.["level"], "error");
});

test("an issuer without keys reports that in its error", async () => {
  const { handler } = issuer({ parameters: new Map() });
  const { statusCode, body } = await handler(event("GET", JWKS_PATH));
  assert.equal(statusCode, 500);
  assert.match(JSON.parse(body).message, /^no key below \/iam-authenticator\/prod\/issuer: there is no parameter/);
});

test("an unexpected failure is a fault, and its message is not shown", async () => {
  const { handler, lines } = issuer({ fail: new TypeError("secret detail") });
  const { statusCode, body } = await handler(event("GET", JWKS_PATH));
  assert.equal(statusCode, 500);
  assert.deepEqual(JSON.parse(body), { code: "internal_fault", message: "unexpected failure" });
  assert.equal(lines[0]?.["cause"], "TypeError");
  assert.doesNotMatch(JSON.stringify(lines), /secret detail/);
});

test("each request prints one line", async () => {
  const { handler, lines } = issuer();
  await handler(event("GET", JWKS_PATH));
  await handler(event("GET", "/favicon.ico"));
  assert.deepEqual(lines[0], {
    timestamp: "2026-11-24T12:00:00.000Z",
    level: "info",
    outcome: "served",
    document: JWKS_PATH,
    keys: KEYS.map(({ kid }) => kid),
    invalidKeys: [],
    ms: { parameters: 0, total: 0 },
    cached: false,
    stale: false,
    coldStart: true,
    requestId: "req-1",
  });
  assert.deepEqual(
    [lines[1]?.["outcome"], lines[1]?.["reason"], lines[1]?.["level"]],
    ["bad_request", "path_unknown", "warn"],
  );
  assert.equal(lines.length, 2);
});

test("an invalid key is logged with its parameter at level warn, and counted", async () => {
  const broken = "/iam-authenticator/prod/issuer/broken";
  const { handler, lines } = issuer({
    parameters: new Map([...PARAMETERS, [broken, { value: "{", secure: false, modified: 0 }]]),
  });
  const { body } = await handler(event("GET", JWKS_PATH));
  assert.equal(body, jwksDocument(KEYS));
  assert.equal(lines[0]?.["level"], "warn");
  assert.deepEqual(lines[0]?.["invalidKeys"], [`${broken} must be a JSON object: a public JWK`]);
  assert.equal(lines[0]?.["InvalidIssuerKeys"], 1);
});

test("a fault is counted by cluster and outcome", async () => {
  const { handler, lines } = issuer({ parameters: new Map() });
  await handler(event("GET", JWKS_PATH));
  const { ClusterId, Outcome, IssuerRequests, _aws } = lines[0] ?? {};
  assert.deepEqual([ClusterId, Outcome, IssuerRequests], ["prod", "fault", 1]);
  const [{ Dimensions, Metrics } = {}, ...others] = (_aws as { CloudWatchMetrics: Record<string, unknown>[] })
    .CloudWatchMetrics;
  assert.deepEqual(
    [Dimensions, Metrics, others],
    [[["ClusterId", "Outcome"]], [{ Name: "IssuerRequests", Unit: "Count" }], []],
  );
});

test("LOG_LEVEL omits the log entry, but never metrics", async () => {
  const served = issuer({ logLevel: "warn" });
  await served.handler(event("GET", JWKS_PATH));
  assert.deepEqual(served.lines, []);
  const broken = { value: "{", secure: false, modified: 0 };
  const counted = issuer({
    logLevel: "error",
    parameters: new Map([...PARAMETERS, ["/iam-authenticator/prod/issuer/x", broken]]),
  });
  await counted.handler(event("GET", JWKS_PATH));
  assert.deepEqual(Object.keys(counted.lines[0] ?? {}), ["ClusterId", "InvalidIssuerKeys", "_aws"]);
});
