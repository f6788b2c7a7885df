// The events and responses of an HTTP API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody, httpApiAnswer, httpApiEvent } from "../../../local/gateway/events.ts";
import { SAMPLE_REQUEST as REQUEST } from "./sample-request.ts";

const ROUTE = "POST /authenticate";

test("kube-apiserver's request has every field", () => {
  const { headers, requestContext, ...event } = httpApiEvent(REQUEST, ROUTE);
  assert.deepEqual(event, {
    ...{ version: "2.0", routeKey: ROUTE, rawPath: "/authenticate", rawQueryString: "timeout=30s" },
    ...{ queryStringParameters: { timeout: "30s" }, body: "{}\n", isBase64Encoded: false },
  });
  const host = "localgw123.execute-api.us-east-1.amazonaws.com";
  const userAgent = "kube-apiserver/v1.34.0";
  const { time, sourceIp, requestId, traceId } = REQUEST;
  assert.deepEqual(headers, {
    ...{ host, "user-agent": userAgent, "content-length": "3", accept: "application/json, */*" },
    ...{
      authorization: "Bearer caller",
      "content-type": "application/json",
      "accept-encoding": "gzip",
    },
    ...{ "x-forwarded-for": sourceIp, "x-forwarded-port": "443", "x-forwarded-proto": "https" },
    "x-amzn-trace-id": traceId,
  });
  assert.deepEqual(requestContext, {
    ...{
      accountId: "123456789012",
      apiId: "localgw123",
      domainName: host,
      domainPrefix: "localgw123",
    },
    http: { method: "POST", path: "/authenticate", protocol: "HTTP/1.1", sourceIp, userAgent },
    ...{
      requestId,
      routeKey: ROUTE,
      stage: "$default",
      time: "24/Nov/2026:16:01:02 +0000",
      timeEpoch: time,
    },
  });
});

test("fields without a value are absent, except the query and the user agent", () => {
  const event = httpApiEvent(
    { ...REQUEST, query: "", rawHeaders: [], body: Buffer.alloc(0) },
    ROUTE,
  );
  const { requestContext, ...fields } = event;
  const names = "version routeKey rawPath rawQueryString headers isBase64Encoded";
  assert.equal(Object.keys(fields).join(" "), names);
  assert.equal("authentication" in requestContext, false);
  assert.deepEqual([event.rawQueryString, requestContext.http.userAgent], ["", ""]);
});

test("repeated headers are joined, and the client's address is last", () => {
  const forwarded = ["X-Forwarded-For", "10.0.0.1", "X-Forwarded-Proto", "http"];
  const rawHeaders = ["X-A", "1", "x-b", "2", "x-a", "3", ...forwarded];
  const { headers } = httpApiEvent({ ...REQUEST, rawHeaders }, ROUTE);
  assert.deepEqual([headers["x-a"], headers["x-b"]], ["1,3", "2"]);
  assert.equal(headers["x-forwarded-for"], "10.0.0.1, 203.0.113.7");
  assert.equal(headers["x-forwarded-proto"], "https");
});

test("rawQueryString stays encoded; parameters are decoded, and repeated ones joined with commas", () => {
  const event = httpApiEvent({ ...REQUEST, query: "a=1&b=%2Fx+y&a=2&empty=" }, ROUTE);
  assert.equal(event.rawQueryString, "a=1&b=%2Fx+y&a=2&empty=");
  assert.deepEqual(event.queryStringParameters, { a: "1,2", b: "/x y", empty: "" });
});

test("bodies of text, JSON, XML and JavaScript are text, and others base64", () => {
  const text = "grüße";
  const base64 = "Z3LDvMOfZQ==";
  for (const [body, ...types] of [
    [
      text,
      "text/plain",
      "text/csv; charset=utf-8",
      "Application/JSON; charset=utf-8",
      "application/xml",
    ],
    [text, "application/json", "application/javascript"],
    [
      base64,
      undefined,
      "",
      "application/octet-stream",
      "application/x-www-form-urlencoded",
      "image/png",
    ],
    [base64, "application/vnd.kubernetes.protobuf", "application/problem+json"],
  ]) {
    for (const type of types) {
      assert.deepEqual(
        encodeBody(Buffer.from(text), type),
        { body, isBase64Encoded: body === base64 },
        type,
      );
    }
  }
});

test("a response has the result's status, headers and decoded body, and plain text by default", () => {
  const headers = { "content-type": "application/json", "x-count": 3, "x-flag": true };
  assert.deepEqual(
    httpApiAnswer({ statusCode: 429, headers, body: "AAH/", isBase64Encoded: true }),
    {
      status: 429,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
      body: Buffer.from([0, 1, 255]),
    },
  );
  const plain = { status: 204, headers: [["content-type", "text/plain;charset=UTF-8"]], body: "" };
  assert.deepEqual(httpApiAnswer({ statusCode: 204 }), plain);
});

test("a result with an invalid status, body, header or encoding is refused", () => {
  for (const result of [
    { statusCode: "200" },
    { statusCode: 99 },
    { statusCode: 200, body: {} },
    { statusCode: 200, headers: [] },
    { statusCode: 200, headers: { a: {} } },
    { statusCode: 200, headers: { a: "1\r\nb: 2" } },
    { statusCode: 200, body: "", isBase64Encoded: "yes" },
  ]) {
    assert.equal(httpApiAnswer(result), undefined, JSON.stringify(result));
  }
});
