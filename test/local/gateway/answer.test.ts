// The response for each kind of function result.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP_API_FAILURE, httpApiAnswer } from "../../../local/gateway/http-api-answer.ts";
import { REST_API_FAILURE, restApiAnswer } from "../../../local/gateway/rest-api-answer.ts";

test("failures have the messages of AWS", () => {
  assert.deepEqual([HTTP_API_FAILURE.status, HTTP_API_FAILURE.body], [500, '{"message":"Internal Server Error"}']);
  assert.deepEqual([REST_API_FAILURE.status, REST_API_FAILURE.body], [502, '{"message":"Internal server error"}']);
});

test("HTTP API: the response has the result's status, headers and body", () => {
  const headers = { "content-type": "application/json", "x-count": 3, "x-flag": true };
  assert.deepEqual(httpApiAnswer({ statusCode: 429, headers, body: "{}" }), {
    status: 429,
    headers: [
      ["content-type", "application/json"],
      ["x-count", "3"],
      ["x-flag", "true"],
    ],
    body: "{}",
  });
});

test("HTTP API: a base64 body is decoded", () => {
  const answer = httpApiAnswer({ statusCode: 200, body: "AAH/", isBase64Encoded: true });
  assert.deepEqual(answer.body, Buffer.from([0, 1, 255]));
});

test("HTTP API: the default content type is plain text; an empty result has no body", () => {
  const answer = { status: 204, headers: [["content-type", "text/plain;charset=UTF-8"]], body: "" };
  assert.deepEqual(httpApiAnswer({ statusCode: 204 }), answer);
});

test("HTTP API: without statusCode, the entire result is the body", () => {
  const headers = [["content-type", "application/json"]];
  assert.deepEqual(httpApiAnswer({ kind: "TokenReview" }), { status: 200, headers, body: '{"kind":"TokenReview"}' });
  assert.deepEqual(httpApiAnswer("Hello from Lambda!"), { status: 200, headers, body: "Hello from Lambda!" });
  assert.deepEqual(httpApiAnswer(null), { status: 200, headers, body: "null" });
});

const MALFORMED = {
  "status as text": { statusCode: "200" },
  "invalid status": { statusCode: 99 },
  "body that is not text": { statusCode: 200, body: {} },
  "headers as a list": { statusCode: 200, headers: [] },
  "header as an object": { statusCode: 200, headers: { a: {} } },
  "header with a line break": { statusCode: 200, headers: { a: "1\r\nb: 2" } },
  "isBase64Encoded as text": { statusCode: 200, body: "", isBase64Encoded: "yes" },
};

for (const [name, result] of Object.entries(MALFORMED)) {
  test(`both: ${name}`, () => {
    assert.equal(httpApiAnswer(result), HTTP_API_FAILURE);
    assert.equal(restApiAnswer(result), REST_API_FAILURE);
  });
}

test("REST API: a result without statusCode is malformed", () => {
  for (const result of [{ kind: "TokenReview" }, "text", null, []])
    assert.equal(restApiAnswer(result), REST_API_FAILURE);
});

test("REST API: the default content type is JSON", () => {
  assert.deepEqual(restApiAnswer({ statusCode: 400, body: "{}" }).headers, [["content-type", "application/json"]]);
  assert.deepEqual(restApiAnswer({ statusCode: 400, headers: { "Content-Type": "text/plain" } }).headers, [
    ["Content-Type", "text/plain"],
  ]);
});

test("REST API: merges single and multiple values and removes equal pairs", () => {
  const headers = { "content-type": "text/plain", a: "1" };
  const answer = restApiAnswer({ statusCode: 200, headers, multiValueHeaders: { a: ["1", "2"], b: [3] } });
  assert.deepEqual(answer.headers, [
    ["content-type", "text/plain"],
    ["a", "1"],
    ["a", "2"],
    ["b", "3"],
  ]);
  assert.equal(restApiAnswer({ statusCode: 200, multiValueHeaders: { a: "1" } }), REST_API_FAILURE);
});

test("REST API: base64 stays encoded without binary media types", () => {
  assert.equal(restApiAnswer({ statusCode: 200, body: "AAH/", isBase64Encoded: true }).body, "AAH/");
});
