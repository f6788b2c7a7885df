// The event of an HTTP API: a complete example, then variations.

import assert from "node:assert/strict";
import { test } from "node:test";
import { httpApiEvent } from "../../../local/gateway/http-api-event.ts";
import type { Api } from "../../../local/gateway/route.ts";
import { SAMPLE_REQUEST as REQUEST } from "./sample-request.ts";

const API: Api = { payload: "2.0", stage: "$default", routes: ["POST /authenticate"] };
const ROUTE = { key: "POST /authenticate", path: "/authenticate" };

test("kube-apiserver's request has every field", () => {
  assert.deepEqual(httpApiEvent(REQUEST, API, ROUTE), {
    version: "2.0",
    routeKey: "POST /authenticate",
    rawPath: "/authenticate",
    rawQueryString: "timeout=30s",
    headers: {
      host: "localgw123.execute-api.us-east-1.amazonaws.com",
      "user-agent": "kube-apiserver/v1.34.0",
      "content-length": "3",
      accept: "application/json, */*",
      authorization: "Bearer caller",
      "content-type": "application/json",
      "accept-encoding": "gzip",
      "x-amzn-trace-id": "Root=1-6924821e-1de4d666d4dd26aced652b6c",
      "x-forwarded-for": "203.0.113.7",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    queryStringParameters: { timeout: "30s" },
    requestContext: {
      accountId: "123456789012",
      apiId: "localgw123",
      domainName: "localgw123.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "localgw123",
      http: {
        method: "POST",
        path: "/authenticate",
        protocol: "HTTP/1.1",
        sourceIp: "203.0.113.7",
        userAgent: "kube-apiserver/v1.34.0",
      },
      requestId: "LV7fzho-PHcEJPw=",
      routeKey: "POST /authenticate",
      stage: "$default",
      time: "24/Nov/2026:16:01:02 +0000",
      timeEpoch: 1795536062345,
    },
    body: "{}\n",
    isBase64Encoded: false,
  });
});

test("fields without a value are absent", () => {
  const event = httpApiEvent({ ...REQUEST, query: "", rawHeaders: [], body: Buffer.alloc(0) }, API, ROUTE);
  for (const field of ["queryStringParameters", "pathParameters", "stageVariables", "body"]) {
    assert.equal(field in event, false, field);
  }
  assert.equal("authentication" in event.requestContext, false);
  assert.equal(event.rawQueryString, "");
  assert.equal(event.requestContext.http.userAgent, "");
  assert.equal(event.isBase64Encoded, false);
});

test("repeated headers are joined with commas, ignoring case", () => {
  const rawHeaders = ["X-A", "1", "x-b", "2", "x-a", "3"];
  const { headers } = httpApiEvent({ ...REQUEST, rawHeaders }, API, ROUTE);
  assert.equal(headers["x-a"], "1,3");
  assert.equal(headers["x-b"], "2");
});

test("the client's address is last in X-Forwarded-For, and clients cannot set the scheme", () => {
  const rawHeaders = ["X-Forwarded-For", "10.0.0.1", "X-Forwarded-Proto", "http"];
  const { headers } = httpApiEvent({ ...REQUEST, rawHeaders }, API, ROUTE);
  assert.equal(headers["x-forwarded-for"], "10.0.0.1, 203.0.113.7");
  assert.equal(headers["x-forwarded-proto"], "https");
});

test("rawQueryString stays encoded; parameters are decoded, and repeated ones joined with commas", () => {
  const event = httpApiEvent({ ...REQUEST, query: "a=1&b=%2Fx+y&a=2&empty=" }, API, ROUTE);
  assert.equal(event.rawQueryString, "a=1&b=%2Fx+y&a=2&empty=");
  assert.deepEqual(event.queryStringParameters, { a: "1,2", b: "/x y", empty: "" });
});

test("paths start with a named stage", () => {
  const event = httpApiEvent(REQUEST, { ...API, stage: "prod" }, ROUTE);
  assert.equal(event.rawPath, "/prod/authenticate");
  assert.equal(event.requestContext.http.path, "/prod/authenticate");
  assert.equal(event.requestContext.stage, "prod");
  assert.equal(event.routeKey, "POST /authenticate");
});

test("with a custom domain, paths omit the base path and include a named stage", () => {
  assert.equal(httpApiEvent(REQUEST, { ...API, basePath: "auth" }, ROUTE).rawPath, "/authenticate");
  assert.equal(httpApiEvent(REQUEST, { ...API, basePath: "auth", stage: "prod" }, ROUTE).rawPath, "/prod/authenticate");
});
