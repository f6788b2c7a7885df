// Encoding of request bodies as text or base64.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeHttpApiBody, encodeRestApiBody } from "../../../local/gateway/body.ts";

const BODY = Buffer.from("grüße");
const TEXT = { body: "grüße", isBase64Encoded: false };
const BASE64 = { body: "Z3LDvMOfZQ==", isBase64Encoded: true };

for (const type of [
  "text/plain",
  "text/csv; charset=utf-8",
  "application/json",
  "Application/JSON; charset=utf-8",
  "application/xml",
  "application/javascript",
]) {
  test(`HTTP API: ${type} is text`, () => assert.deepEqual(encodeHttpApiBody(BODY, type), TEXT));
}

for (const type of [
  undefined,
  "",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
  "application/vnd.kubernetes.protobuf",
  "application/problem+json",
  "image/png",
]) {
  test(`HTTP API: ${type} is base64`, () => assert.deepEqual(encodeHttpApiBody(BODY, type), BASE64));
}

test("HTTP API: an empty body is absent", () => {
  assert.deepEqual(encodeHttpApiBody(Buffer.alloc(0), undefined), { isBase64Encoded: false });
});

test("REST API: every body is text without binary media types", () => {
  assert.deepEqual(encodeRestApiBody(BODY), TEXT);
  assert.deepEqual(encodeRestApiBody(Buffer.alloc(0)), { isBase64Encoded: false });
});
