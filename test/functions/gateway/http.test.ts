// API Gateway's events, payload 1.0 and 2.0, and events that no gateway sends.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gatewayRequest } from "../../../functions/gateway/http.ts";
import { randomRuns } from "../../extent.ts";

const SUBJECT = "CN=kube-apiserver,O=example";
const COMMON = { headers: { Authorization: "Bearer x" }, body: "text", isBase64Encoded: false };
const CLIENT = { clientCert: { subjectDN: SUBJECT } };

function payload1(changes: Record<string, unknown> = {}, context: Record<string, unknown> = {}) {
  const requestContext = { stage: "prod", requestId: "r-1", identity: CLIENT, ...context };
  return { path: "/authenticate", httpMethod: "POST", ...COMMON, requestContext, ...changes };
}

function payload2(changes: Record<string, unknown> = {}, context: Record<string, unknown> = {}) {
  const http = { method: "POST", path: "/authenticate" };
  const requestContext = {
    stage: "$default",
    requestId: "r-1",
    http,
    authentication: CLIENT,
    ...context,
  };
  return { version: "2.0", rawPath: "/authenticate", ...COMMON, requestContext, ...changes };
}

test("both payload formats become the same request", () => {
  for (const event of [payload1(), payload2()]) {
    const { body, ...request } = gatewayRequest(event);
    assert.deepEqual(request, {
      method: "POST",
      path: "/authenticate",
      bodyBytes: 4,
      authorization: "Bearer x",
      clientSubject: SUBJECT,
      requestId: "r-1",
      unverifiedProbe: false,
    });
    assert.equal(body(), "text");
  }
});

test("a bare TokenReview is a POST to /authenticate without a caller", () => {
  const review = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token: "t" },
  };
  const forged = {
    ...review,
    headers: { authorization: "Bearer x" },
    requestContext: payload1().requestContext,
  };
  for (const event of [review, forged]) {
    const { body, bodyBytes, ...request } = gatewayRequest(event);
    assert.deepEqual(request, {
      ...{
        method: "POST",
        path: "/authenticate",
        authorization: undefined,
        clientSubject: undefined,
      },
      requestId: undefined,
      unverifiedProbe: false,
    });
    assert.deepEqual(JSON.parse(body() ?? ""), event);
    assert.equal(bodyBytes, Buffer.byteLength(JSON.stringify(event)));
  }
  assert.equal(gatewayRequest(payload1({ kind: "TokenReview", path: "/other" })).path, "/other");
});

test("a leading stage name in the path is removed, once, and only the request's own stage", () => {
  for (const [path, stage, expected] of [
    ["/prod/authenticate", "prod", "/authenticate"],
    ["/authenticate", "prod", "/authenticate"],
    ["/prod/prod/authenticate", "prod", "/prod/authenticate"],
    ["/other/authenticate", "prod", "/other/authenticate"],
    ["/production/authenticate", "prod", "/production/authenticate"],
    ["/prod", "prod", "/prod"],
    ["/authenticate", "authenticate", "/authenticate"],
    ["/authenticate/authenticate", "authenticate", "/authenticate"],
    ["/x/authenticate", "", "/x/authenticate"],
  ] as const) {
    assert.equal(gatewayRequest(payload1({ path }, { stage })).path, expected);
    assert.equal(gatewayRequest(payload2({ rawPath: path }, { stage })).path, expected);
  }
});

test("headers are found in any case", () => {
  for (const name of ["authorization", "Authorization", "AUTHORIZATION", "aUtHoRiZaTiOn"]) {
    for (const event of [payload1, payload2]) {
      assert.equal(
        gatewayRequest(event({ headers: { host: "h", [name]: "Bearer y" } })).authorization,
        "Bearer y",
      );
    }
  }
  for (const headers of [
    Object.create({ authorization: "Bearer y" }),
    { "x-authorization": "Bearer y" },
  ]) {
    assert.equal(gatewayRequest(payload2({ headers })).authorization, undefined);
  }
});

test("a base64 body is decoded, and the size of a body is in bytes of its text", () => {
  const text = "{\u00e9\u{1f600}}\n";
  const body = Buffer.from(text).toString("base64");
  for (const event of [payload1, payload2]) {
    const request = gatewayRequest(event({ body, isBase64Encoded: true }));
    assert.deepEqual([request.body(), request.bodyBytes], [text, Buffer.byteLength(text)]);
    assert.equal(gatewayRequest(event({ body })).body(), body);
    assert.equal(gatewayRequest(event({ body: text })).bodyBytes, Buffer.byteLength(text));
  }
});

test("without a client certificate there is no subject", () => {
  const clientCert = { subjectDN: SUBJECT };
  const forged = {
    clientCert,
    identity: { clientCert },
    headers: { clientCert: SUBJECT, "x-amzn-mtls": SUBJECT },
  };
  const certificates = [undefined, null, {}, { subjectDN: 1 }].map((clientCert) => ({
    clientCert,
  }));
  for (const identity of [undefined, null, {}, ...certificates]) {
    assert.equal(gatewayRequest(payload1(forged, { identity })).clientSubject, undefined);
    assert.equal(
      gatewayRequest(payload2(forged, { authentication: identity })).clientSubject,
      undefined,
    );
  }
});

test("a request id is accepted only if it looks like one", () => {
  const uuid = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
  const accepted: readonly unknown[] = [
    "gateway-1",
    "JKJaXmPLvHcESHA=",
    "a+b/c=",
    "x".repeat(64),
    uuid,
  ];
  const refused = [
    "",
    "x".repeat(65),
    "x".repeat(1_000_000),
    "a b",
    "a\nb",
    "a\n",
    '{"a":1}',
    "é",
    17,
    null,
    ["a"],
  ];
  for (const requestId of [...accepted, ...refused]) {
    const expected = accepted.includes(requestId) ? requestId : undefined;
    assert.equal(gatewayRequest(payload1({}, { requestId })).requestId, expected);
    assert.equal(gatewayRequest(payload2({}, { requestId })).requestId, expected);
  }
});

test("only a User-Agent that starts as doctor's is that of a check by doctor", () => {
  for (const [agent, expected] of [
    ["iam-authenticator-doctor/0.1.0", true],
    ["kube-apiserver/v1.37.2 iam-authenticator-doctor/0.1.0", false],
    ["", false],
    [7, false],
    [undefined, false],
  ] as const) {
    for (const name of ["user-agent", "User-Agent"])
      for (const payload of [payload1, payload2])
        assert.equal(
          gatewayRequest(payload({ headers: { [name]: agent } })).unverifiedProbe,
          expected,
        );
  }
});

test("weird events never throw", () => {
  const weird = fc.oneof(
    fc.constantFrom(undefined, null, 0, "", "POST", [], {}),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const keys = fc.constantFrom(
    ..."rawPath path httpMethod body isBase64Encoded headers requestContext".split(" "),
  );
  const contextKeys = fc.constantFrom(..."stage requestId http identity authentication".split(" "));
  const edited = fc
    .tuple(
      fc.dictionary(keys, weird),
      fc.dictionary(contextKeys, weird),
      fc.constantFrom(payload1, payload2),
    )
    .map(([changes, context, payload]) => payload(changes, context));
  fc.assert(
    fc.property(fc.oneof({ weight: 5, arbitrary: edited }, fc.anything()), (any) => {
      const request = gatewayRequest(any);
      const texts = [
        request.body(),
        request.authorization,
        request.clientSubject,
        request.requestId,
      ];
      assert.ok(texts.every((text) => text === undefined || typeof text === "string"));
      assert.equal(
        typeof request.path +
          typeof request.method +
          typeof request.bodyBytes +
          typeof request.unverifiedProbe,
        "stringstringnumberboolean",
      );
    }),
    { numRuns: randomRuns(10_000) },
  );
});
