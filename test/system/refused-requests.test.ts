// Requests that are not reviews: each has its status and a Kubernetes Status, in the order of the contract.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTP_API } from "../../local/gateway/http-api.ts";
import { REST_API } from "../local/gateway/rest-api.ts";
import { failure, grantedUser } from "./answers.ts";
import { CALLER_TOKEN, startSystem } from "./system.ts";
import { reviewBody, V1, V1BETA1 } from "./token-review.ts";

const GOOD_CALLER = { Authorization: `Bearer ${CALLER_TOKEN}` };
const LARGE = " ".repeat(64 * 1024 + 1);

for (const [payload, kind] of [
  ["1.0", REST_API],
  ["2.0", HTTP_API],
] as const) {
  test(`path, method, caller, size and body are checked in this order, payload ${payload}`, async (t) => {
    const system = await startSystem(t, { kind, settings: { CALLER_AUTH: "bearer" } });
    for (const [status, code, path, post] of [
      [404, "path_unknown", "/elsewhere", { method: "GET", body: LARGE }],
      [404, "path_unknown", "/", {}],
      [404, "path_unknown", "/authenticate/", { headers: GOOD_CALLER }],
      [404, "path_unknown", "/Authenticate", { headers: GOOD_CALLER }],
      [401, "caller_refused", "/authenticate", { body: LARGE }],
      [401, "caller_refused", "/authenticate", { body: "not JSON" }],
      [413, "body_too_large", "/authenticate", { headers: GOOD_CALLER, body: LARGE }],
      [400, "review_malformed", "/authenticate", { headers: GOOD_CALLER, body: LARGE.slice(1) }],
    ] as const) {
      assert.match(failure(await system.send(path, post), status), new RegExp(`^${code}: `));
    }
    assert.equal(system.sts.calls(), 0);
  });
}

test("another method is refused before the caller is checked, and the response has the right one", async (t) => {
  const system = await startSystem(t, { settings: { CALLER_AUTH: "bearer" } });
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const answer = await system.send("/authenticate", { method });
    assert.match(failure(answer, 405), /^method_not_allowed: /);
    assert.equal(answer.headers["allow"], "POST");
  }
});

test("a body that is not a TokenReview of a known version with a token is a bad request", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  for (const body of [
    "",
    "null",
    "[]",
    `"${token}"`,
    `{"token":"${token}"`,
    reviewBody(V1, token).trimEnd().slice(0, -1),
    reviewBody(V1, token).replace("TokenReview", "SubjectAccessReview"),
    reviewBody("authentication.k8s.io/v2", token),
    reviewBody("v1", token),
    reviewBody(V1, ""),
    reviewBody(V1, undefined),
    reviewBody(V1BETA1, [token]),
    JSON.stringify({ apiVersion: V1, kind: "TokenReview" }),
    JSON.stringify({ apiVersion: V1, kind: "TokenReview", spec: token }),
  ]) {
    for (const type of ["application/json", "application/octet-stream"]) {
      const answer = await system.send("/authenticate", { headers: { "Content-Type": type }, body });
      assert.match(failure(answer, 400), /^review_malformed: /);
    }
  }
  assert.equal(system.sts.calls() + system.store.calls(), 0);
});

test("a body of exactly 64 KiB, in base64 or not, is read", async (t) => {
  const system = await startSystem(t);
  const body = reviewBody(V1, await system.token("bob"));
  for (const type of ["application/json", "application/octet-stream"]) {
    const answer = await system.send("/authenticate", {
      headers: { "Content-Type": type },
      body: body + " ".repeat(64 * 1024 - body.length),
    });
    assert.equal(grantedUser(answer).username, "dev:bob-example.com");
  }
  const [text, binary] = system.gateway.events;
  assert.deepEqual([text?.isBase64Encoded, binary?.isBase64Encoded], [false, true]);
});
