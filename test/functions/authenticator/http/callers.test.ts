// Callers at the handler: how each kind authenticates. prefetch.test.ts tests how long the list of callers is cached.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { bearerFunction, CALLER } from "../bearer-function.ts";
import { fakeServices, gatewayEvent, handlerOf, PREFIX, reviewBody } from "../fixtures.ts";

const SUBJECT = "CN=kube-apiserver,O=example";

async function statusOf(event: unknown, settings: Partial<Settings>): Promise<number> {
  return (await handlerOf(fakeServices(), settings)(event)).statusCode;
}

test("none accepts every caller", async () => {
  assert.equal(await statusOf(gatewayEvent(reviewBody("other")), { callerAuth: "none" }), 200);
});

test("a bare TokenReview authenticates no caller: answered only with none", async () => {
  const bare = JSON.parse(reviewBody("other"));
  const mtls = { callerAuth: "mtls", callerSubjects: ["*"] } as const;
  assert.deepEqual([await statusOf(bare, { callerAuth: "none" }), await statusOf(bare, mtls)], [200, 401]);
  assert.equal((await bearerFunction().handler(bare, {})).statusCode, 401);
});

test("mtls requires a certificate with one of the subjects", async () => {
  for (const [subjectDN, callerSubjects, status] of [
    [SUBJECT, [SUBJECT], 200],
    ["CN=x", [SUBJECT], 401],
    [SUBJECT, ["*"], 200],
    [undefined, ["*"], 401],
    ["", ["*"], 401],
  ] as const) {
    const requestContext = { http: { method: "POST" }, authentication: { clientCert: { subjectDN } } };
    const event = gatewayEvent(reviewBody("other"), { requestContext });
    assert.equal(await statusOf(event, { callerAuth: "mtls", callerSubjects }), status, subjectDN);
  }
});

test("bearer reads the list of callers below the prefix, once for accepted and refused callers", async () => {
  const { review, calls } = bearerFunction();
  const refused = await review({ bearer: "bad" });
  assert.deepEqual([refused.statusCode, calls.ssm], [401, [[`${PREFIX}/callers`]]]);
  assert.equal((await review({ bearer: CALLER })).statusCode, 200);
});

test("an invalid list of callers is 500 for every caller, never 401", async () => {
  for (const callers of ["no JSON", {}, "null"]) {
    assert.equal((await bearerFunction({ callers }).review()).statusCode, 500);
  }
});
