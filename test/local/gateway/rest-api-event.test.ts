// The event of a REST API: a complete example, then variations.

import assert from "node:assert/strict";
import { test } from "node:test";
import { restApiEvent } from "../../../local/gateway/rest-api-event.ts";
import type { Api } from "../../../local/gateway/route.ts";
import { SAMPLE_REQUEST } from "./sample-request.ts";

const API: Api = { payload: "1.0", stage: "prod", routes: ["POST /authenticate"] };
const ROUTE = { key: "POST /authenticate", path: "/authenticate" };

const REQUEST = { ...SAMPLE_REQUEST, path: "/prod/authenticate" };

test("kube-apiserver's request has every field", () => {
  assert.deepEqual(restApiEvent(REQUEST, API, ROUTE), {
    resource: "/authenticate",
    path: "/authenticate",
    httpMethod: "POST",
    headers: {
      Host: "localgw123.execute-api.us-east-1.amazonaws.com",
      "User-Agent": "kube-apiserver/v1.34.0",
      "Content-Length": "3",
      Accept: "application/json, */*",
      Authorization: "Bearer caller",
      "Content-Type": "application/json",
      "Accept-Encoding": "gzip",
      "X-Amzn-Trace-Id": "Root=1-6924821e-1de4d666d4dd26aced652b6c",
      "X-Forwarded-For": "203.0.113.7",
      "X-Forwarded-Port": "443",
      "X-Forwarded-Proto": "https",
    },
    multiValueHeaders: {
      Host: ["localgw123.execute-api.us-east-1.amazonaws.com"],
      "User-Agent": ["kube-apiserver/v1.34.0"],
      "Content-Length": ["3"],
      Accept: ["application/json, */*"],
      Authorization: ["Bearer caller"],
      "Content-Type": ["application/json"],
      "Accept-Encoding": ["gzip"],
      "X-Amzn-Trace-Id": ["Root=1-6924821e-1de4d666d4dd26aced652b6c"],
      "X-Forwarded-For": ["203.0.113.7"],
      "X-Forwarded-Port": ["443"],
      "X-Forwarded-Proto": ["https"],
    },
    queryStringParameters: { timeout: "30s" },
    multiValueQueryStringParameters: { timeout: ["30s"] },
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      resourceId: "abc123",
      resourcePath: "/authenticate",
      httpMethod: "POST",
      extendedRequestId: "LV7fzho-PHcEJPw=",
      requestTime: "24/Nov/2026:16:01:02 +0000",
      path: "/prod/authenticate",
      accountId: "123456789012",
      protocol: "HTTP/1.1",
      stage: "prod",
      domainPrefix: "localgw123",
      requestTimeEpoch: 1795536062345,
      requestId: "5e2f4b1c-0d3a-4f6e-9b7a-8c1d2e3f4a5b",
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: "203.0.113.7",
        user: null,
        userAgent: "kube-apiserver/v1.34.0",
        userArn: null,
      },
      domainName: "localgw123.execute-api.us-east-1.amazonaws.com",
      apiId: "localgw123",
    },
    body: "{}\n",
    isBase64Encoded: false,
  });
});

test("fields without a value are null", () => {
  const event = restApiEvent({ ...REQUEST, query: "", rawHeaders: [], body: Buffer.alloc(0) }, API, ROUTE);
  assert.equal(event.queryStringParameters, null);
  assert.equal(event.multiValueQueryStringParameters, null);
  assert.equal(event.body, null);
  assert.equal(event.isBase64Encoded, false);
  assert.equal(event.requestContext.identity.userAgent, null);
});

test("header names keep their first spelling; single-value fields have the last value", () => {
  const event = restApiEvent({ ...REQUEST, rawHeaders: ["x-OddCase", "1", "X-ODDCASE", "2"] }, API, ROUTE);
  assert.equal(event.headers["x-OddCase"], "2");
  assert.deepEqual(event.multiValueHeaders["x-OddCase"], ["1", "2"]);
  assert.equal("X-ODDCASE" in event.headers, false);
});

test("the multi-value field has all values of a query parameter", () => {
  const event = restApiEvent({ ...REQUEST, query: "a=1&b=%2F&a=2" }, API, ROUTE);
  assert.deepEqual(event.queryStringParameters, { a: "2", b: "/" });
  assert.deepEqual(event.multiValueQueryStringParameters, { a: ["1", "2"], b: ["/"] });
});

test("a specific route is its own resource; the default route is the proxy resource", () => {
  const event = restApiEvent({ ...REQUEST, path: "/prod/a/b" }, API, { key: "$default", path: "/a/b" });
  assert.equal(event.resource, "/{proxy+}");
  assert.equal(event.requestContext.resourcePath, "/{proxy+}");
  assert.deepEqual(event.pathParameters, { proxy: "a/b" });
  assert.equal(event.path, "/a/b");
});

test("the root path has no proxy parameter", () => {
  const event = restApiEvent(REQUEST, API, { key: "$default", path: "/" });
  assert.equal(event.resource, "/");
  assert.equal(event.pathParameters, null);
});

test("with a custom domain, both paths include the base path and omit the stage", () => {
  const event = restApiEvent(REQUEST, { ...API, basePath: "auth" }, ROUTE);
  assert.equal(event.path, "/auth/authenticate");
  assert.equal(event.requestContext.path, "/auth/authenticate");
  assert.equal(event.requestContext.stage, "prod");
});
