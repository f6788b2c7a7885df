// The response to kube-apiserver for each outcome: status, body, headers. Of two errors, the first
// check reports its own: path, method, caller, size, body, token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, httpError } from "../../../../functions/errors.ts";
import { IS_ALL } from "../../../extent.ts";
import {
  DEVELOPERS,
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  MAPPED,
  NOW,
  type ReviewOptions,
  reviewBody,
  reviewOnce,
  tokenFor,
  tokenOf,
} from "../fixtures.ts";

const NODE = {
  arn: `arn:aws:iam::${HOME}:role/ClusterNode`,
  username: "system:node:{EC2PrivateDNSName}",
};

const failing =
  (error: Error): (() => Promise<never>) =>
  () =>
    Promise.reject(error);

const gone = (code: "sts_unreachable" | "parameters_unavailable" | "instances_unavailable") =>
  failing(fault(code, "gone"));
const html = async () => ({ status: 502, body: "<html>", requestId: undefined });

test("the response has the version of the request, also for a denial", async () => {
  for (const version of ["v1beta1", "v1"]) {
    const body = reviewBody(tokenOf("bob")).replace("k8s.io/v1", `k8s.io/${version}`);
    for (const stored of [MAPPED, {}]) {
      const { json } = await handlerOf(fakeServices(stored))(gatewayEvent(body));
      assert.equal(json.apiVersion, `authentication.k8s.io/${version}`);
    }
  }
});

test("a denial at each step: 200, with its code and reason, and no user", async () => {
  const refusing = { findNodeName: async () => ({ refusal: "no" }) };
  const denials: [string, string, ReviewOptions][] = [
    ["token_malformed", "k8s-aws-v1.x", {}],
    ["token_expired", tokenFor("ASIALOCALBOBAAAAAAAA", { now: NOW - 900_001 }), {}],
    ["sts_refused", tokenFor("AKIANOBODYKNOWSTHISK"), {}],
    [
      "audience_foreign",
      tokenOf("bob"),
      { spec: { audiences: ["vault"] }, settings: { audiences: ["mine"] } },
    ],
    ["identity_denied", tokenOf("bob"), { stored: { "deny/any": [{ arnLike: DEVELOPERS.arn }] } }],
    ["name_refused", tokenOf("bob"), { settings: { reservedPrefixes: ["de"] } }],
    [
      "node_not_verified",
      tokenOf("node"),
      { stored: { [`role/${HOME}/clusternode`]: NODE }, changes: refusing },
    ],
  ];
  for (const [code, token, options] of denials) {
    const { statusCode, json, calls } = await reviewOnce(token, options);
    if (code.startsWith("token_")) assert.deepEqual(calls, { sts: [], ssm: [] });
    assert.deepEqual(
      [statusCode, Object.keys(json.status)],
      [200, ["authenticated", "error"]],
      code,
    );
    assert.equal(json.status.authenticated, false, code);
    assert.match(json.status.error ?? "", new RegExp(`^${code}: [^\\n\\r]+$`));
  }
});

test("an outage or an internal fault: 500 with a Status, never a denial", async () => {
  const stored = { [`role/${HOME}/clusternode`]: NODE };
  for (const [code, token, options] of [
    ["sts_unreachable", "bob", { changes: { askSts: gone("sts_unreachable") } }],
    ["sts_answer_unusable", "bob", { changes: { askSts: html } }],
    [
      "parameters_unavailable",
      "bob",
      { changes: { fetchParameters: gone("parameters_unavailable") } },
    ],
    [
      "instances_unavailable",
      "node",
      { stored, changes: { findNodeName: gone("instances_unavailable") } },
    ],
    ["internal_fault", "bob", { changes: { askSts: failing(new TypeError("bug")) } }],
    ["internal_fault", "bob", { changes: { fetchParameters: failing(new RangeError("bug")) } }],
  ] as const) {
    const { statusCode, json, line } = await reviewOnce(tokenOf(token), options);
    assert.deepEqual(
      [statusCode, json.kind, json.code, json.reason],
      [500, "Status", 500, "InternalError"],
      code,
    );
    assert.equal(code === "parameters_unavailable" && line.cached.mapping, false);
    assert.match(json.message ?? "", new RegExp(`^${code}: (?!.*bug)`));
  }
});

const FAILOVER_URL = "https://standby.example.com/authenticate";
const BEARER = {
  settings: { callerAuth: "bearer" },
  event: { headers: { authorization: "Bearer mine" } },
} as const;

test("with FAILOVER_URL, a fault is a redirect that the log calls a fault", async () => {
  const stored = { [`role/${HOME}/clusternode`]: NODE };
  const slow = failing(httpError("sts_throttled", "slow"));
  for (const [status, reason, token, options] of [
    [
      307,
      "parameters_unavailable",
      "bob",
      { changes: { fetchParameters: gone("parameters_unavailable") } },
    ],
    [
      307,
      "internal_fault",
      "bob",
      { changes: { fetchParameters: failing(new RangeError("bug")) } },
    ],
    // The standby asks the same host: a token must not choose the Region.
    [500, "sts_unreachable", "bob", { changes: { askSts: gone("sts_unreachable") } }],
    [500, "sts_answer_unusable", "bob", { changes: { askSts: html } }],
    // The standby's EC2 does not know the instance, and would deny it.
    [
      500,
      "instances_unavailable",
      "node",
      { stored, changes: { findNodeName: gone("instances_unavailable") } },
    ],
    [429, "sts_throttled", "bob", { changes: { askSts: slow } }],
    [200, "identity_unmapped", "bob", { stored: {} }],
    [200, undefined, "bob", {}],
    [307, "callers_invalid", "bob", { stored: {}, ...BEARER }],
    [401, "caller_refused", "bob", { stored: { callers: [] }, ...BEARER }],
  ] as [number, string | undefined, string, ReviewOptions][]) {
    const settings = { ...options.settings, failoverUrl: FAILOVER_URL };
    const { statusCode, headers, line, json } = await reviewOnce(tokenOf(token), {
      ...options,
      settings,
    });
    const location = status === 307 ? FAILOVER_URL : undefined;
    assert.deepEqual([statusCode, headers["location"], line.reason], [status, location, reason]);
    if (status === 307 || status === 500)
      assert.deepEqual([line.outcome, json.kind], ["fault", "Status"], reason);
  }
});

test("responses never have Retry-After, are always JSON, and are never cacheable", async () => {
  for (const options of [
    {},
    { stored: {} },
    { changes: { askSts: failing(httpError("sts_throttled", "slow")) } },
  ]) {
    const { headers, isBase64Encoded, statusCode, json } = await reviewOnce(
      tokenOf("bob"),
      options,
    );
    assert.deepEqual(headers, { "content-type": "application/json", "cache-control": "no-store" });
    assert.equal(isBase64Encoded, false);
    if ("changes" in options)
      assert.deepEqual([statusCode, json.kind, json.reason], [429, "Status", "TooManyRequests"]);
  }
});

const HUGE = "x".repeat(64 * 1024 + 1);
const BAD_TOKEN = reviewBody("k8s-aws-v1.x");
const OTHER_KIND = BAD_TOKEN.replace("TokenReview", "SubjectAccessReview");
const GET = { requestContext: { http: { method: "GET" } } };
const OTHER_PATH = { rawPath: "/other" };

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  404: "NotFound",
  405: "MethodNotAllowed",
  413: "RequestEntityTooLarge",
};

/**
 * `none` accepts every caller. `mtls` refuses these events, which have no certificate. Each error
 * has a Status.
 */
async function answer(event: unknown, callerAuth: "none" | "mtls" = "none") {
  const { statusCode, headers, json } = await handlerOf(fakeServices(), { callerAuth })(event);
  if (statusCode !== 200) {
    assert.deepEqual(
      [json.kind, json.code, json.reason],
      ["Status", statusCode, REASONS[statusCode]],
    );
    assert.equal(headers["allow"], statusCode === 405 ? "POST" : undefined);
  }
  return { statusCode, json };
}

for (const [what, reported, event, callerAuth, status] of [
  [
    "a wrong path and a wrong method",
    "path",
    gatewayEvent(HUGE, { ...OTHER_PATH, ...GET }),
    "none",
    404,
  ],
  ["a wrong method and an unauthenticated caller", "method", gatewayEvent(HUGE, GET), "mtls", 405],
  [
    "a wrong path and an unauthenticated caller",
    "path",
    gatewayEvent(HUGE, OTHER_PATH),
    "mtls",
    404,
  ],
  [
    "an unauthenticated caller and a body that is too large",
    "caller",
    gatewayEvent(HUGE),
    "mtls",
    401,
  ],
  [
    "an unauthenticated caller and a body that is not a review",
    "caller",
    gatewayEvent("x"),
    "mtls",
    401,
  ],
  ["a body that is too large and not a review", "size", gatewayEvent(HUGE), "none", 413],
  ["a body that is not a review, with a bad token", "body", gatewayEvent(OTHER_KIND), "none", 400],
  ["a missing body", "body", gatewayEvent(undefined), "none", 400],
  ["an empty body", "body", gatewayEvent(""), "none", 400],
  ["a bad token", "token, in a denial,", gatewayEvent(BAD_TOKEN), "none", 200],
] as const) {
  test(`${what}: the ${reported} is reported`, async () => {
    assert.equal((await answer(event, callerAuth)).statusCode, status);
  });
}

test("a body of 64 KiB is read, and one byte more is refused, in either encoding", async () => {
  const fits = reviewBody("x").padEnd(64 * 1024, " ");
  for (const [text, status] of [
    [fits, 200],
    [`${fits} `, 413],
  ] as const) {
    assert.equal((await answer(gatewayEvent(text))).statusCode, status);
    const body = Buffer.from(text).toString("base64");
    assert.equal((await answer(gatewayEvent(body, { isBase64Encoded: true }))).statusCode, status);
  }
});

test("only POST and /authenticate, in exactly this spelling, are accepted", async () => {
  for (const method of ["GET", "PUT", "HEAD", "OPTIONS", "post", "", "DELETE"]) {
    const event = gatewayEvent(reviewBody("x"), { requestContext: { http: { method } } });
    assert.equal((await answer(event)).statusCode, 405, method);
  }
  for (const rawPath of [
    "",
    "/",
    "/Authenticate",
    "/authenticate/",
    "//authenticate",
    "/authenticate/x",
    "/healthz",
  ]) {
    assert.equal(
      (await answer(gatewayEvent(reviewBody("x"), { rawPath }))).statusCode,
      404,
      rawPath,
    );
  }
  for (const event of [undefined, null, "text", 1, [], {}, { Records: [] }, { rawPath: {} }]) {
    assert.equal((await answer(event)).statusCode, 404);
  }
});

/** Nested as deeply as JSON.parse allows. */
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("a deeply nested bare event, body or parameter never throws, and is never a grant", async () => {
  const bare: unknown = JSON.parse(`{"kind": "TokenReview", "spec": ${nested(200_000)}}`);
  for (const event of [bare, gatewayEvent(nested(10_000))])
    assert.equal((await answer(event)).statusCode, 400);
  const rest = IS_ALL ? ["pattern/any", `account/${HOME}`] : [];
  for (const name of [`role/${HOME}/developers`, "deny/any", ...rest]) {
    const deep = fakeServices({ [name]: `[${nested(200_000)}, {"username": ${nested(200_000)}}]` });
    const { statusCode, json } = await handlerOf(deep)(gatewayEvent(reviewBody(tokenOf("bob"))));
    assert.deepEqual([statusCode, json.status.authenticated], [200, false], name);
  }
});
