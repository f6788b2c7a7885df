// The order of the checks: path, method, caller, size, body, token. Of two errors, the first is reported.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeServices, gatewayEvent, handlerOf, reviewBody, tokenFor, tokenOf } from "../fixtures.ts";

const HUGE = "x".repeat(64 * 1024 + 1);
const BAD_TOKEN = reviewBody("k8s-aws-v1.x");
const GET = { requestContext: { http: { method: "GET" } } };
const OTHER_PATH = { rawPath: "/other" };

/** `none` accepts every caller. `mtls` refuses these events, which have no certificate. */
async function answer(event: unknown, callerAuth: "none" | "mtls" = "none") {
  const around = fakeServices();
  const { statusCode, json } = await handlerOf(around, { callerAuth })(event);
  return { statusCode, json, calls: around.calls, around };
}

test("a wrong path and a wrong method: the path is reported", async () => {
  assert.equal((await answer(gatewayEvent(HUGE, { ...OTHER_PATH, ...GET }))).statusCode, 404);
});

test("a wrong method and an unauthenticated caller: the method is reported", async () => {
  assert.equal((await answer(gatewayEvent(HUGE, GET), "mtls")).statusCode, 405);
});

test("a wrong path and an unauthenticated caller: the path is reported", async () => {
  assert.equal((await answer(gatewayEvent(HUGE, OTHER_PATH), "mtls")).statusCode, 404);
});

test("an unauthenticated caller and a body that is too large: the caller is reported", async () => {
  assert.equal((await answer(gatewayEvent(HUGE), "mtls")).statusCode, 401);
});

test("an unauthenticated caller and a body that is not a review: the caller is reported", async () => {
  assert.equal((await answer(gatewayEvent("x"), "mtls")).statusCode, 401);
});

test("a body that is too large and not a review: the size is reported", async () => {
  assert.equal((await answer(gatewayEvent(HUGE))).statusCode, 413);
});

test("a body that is not a review and contains a bad token: the body is reported, and the token is not parsed", async () => {
  const body = BAD_TOKEN.replace("TokenReview", "SubjectAccessReview");
  assert.equal((await answer(gatewayEvent(body))).statusCode, 400);
});

test("an unauthenticated caller and a bad token: the caller is reported, and the token is not parsed", async () => {
  for (const token of ["k8s-aws-v1.x", tokenOf("bob"), tokenFor("AKIANOBODYKNOWSTHISK"), "eyJhbGciOi"]) {
    const { statusCode, json, calls, around } = await answer(gatewayEvent(reviewBody(token)), "mtls");
    assert.equal(statusCode, 401);
    assert.equal(json.message, "caller_refused: a client certificate is required");
    assert.deepEqual(calls, { sts: [], ssm: [] });
    assert.equal("tokenHash" in JSON.parse(around.lines[0] ?? ""), false);
  }
});

test("a foreign audience and a bad token: a denial without a call to STS", async () => {
  const event = gatewayEvent(reviewBody("k8s-aws-v1.x", { audiences: ["vault"] }));
  const around = fakeServices();
  const { statusCode, json } = await handlerOf(around, { audiences: ["mine"] })(event);
  assert.equal(statusCode, 200);
  assert.equal(json.status.authenticated, false);
  assert.deepEqual(around.calls.sts, []);
});

test("a bad token is a denial", async () => {
  const { statusCode, json } = await answer(gatewayEvent(BAD_TOKEN));
  assert.equal(statusCode, 200);
  assert.equal(json.kind, "TokenReview");
});

test("a body of 64 KiB is read, and one byte more is refused, in either encoding", async () => {
  const review = reviewBody("x");
  const fits = review.padEnd(64 * 1024, " ");
  for (const [text, status] of [
    [fits, 200],
    [`${fits} `, 413],
  ] as const) {
    assert.equal((await answer(gatewayEvent(text))).statusCode, status);
    const body = Buffer.from(text).toString("base64");
    assert.equal((await answer(gatewayEvent(body, { isBase64Encoded: true }))).statusCode, status);
  }
});

test("a missing body is a bad request", async () => {
  for (const body of [undefined, ""]) assert.equal((await answer(gatewayEvent(body))).statusCode, 400);
});

test("only POST and /authenticate, in exactly this spelling, are accepted", async () => {
  for (const method of ["GET", "PUT", "HEAD", "OPTIONS", "post", "", "DELETE"]) {
    const event = gatewayEvent(reviewBody("x"), { requestContext: { http: { method } } });
    assert.equal((await answer(event)).statusCode, 405, method);
  }
  for (const rawPath of ["", "/", "/Authenticate", "/authenticate/", "//authenticate", "/authenticate/x", "/healthz"]) {
    assert.equal((await answer(gatewayEvent(reviewBody("x"), { rawPath }))).statusCode, 404, rawPath);
  }
});

test("an event of another kind is answered with 404", async () => {
  for (const event of [undefined, null, "text", 1, [], {}, { Records: [] }, { rawPath: {} }]) {
    assert.equal((await answer(event)).statusCode, 404);
  }
});
