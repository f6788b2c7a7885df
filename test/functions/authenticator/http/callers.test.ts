// Callers at the handler: how each kind authenticates, and how long the list of callers is cached.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { fault } from "../../../../functions/errors.ts";
import { fakeServices, gatewayEvent, handlerOf, PREFIX, reviewBody, type Stored } from "../fixtures.ts";

const SUBJECT = "CN=kube-apiserver,O=example";
const entry = (token: string) => ({ name: token, sha256: hash("sha256", token) });

function bearer(stored: Stored) {
  const inner = fakeServices(stored);
  const state = { up: true };
  const fetchParameters: typeof inner.fetchParameters = (names, deadline) =>
    state.up ? inner.fetchParameters(names, deadline) : Promise.reject(fault("parameters_unavailable", "down"));
  const handler = handlerOf({ ...inner, fetchParameters }, { callerAuth: "bearer" });
  const status = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await handler(gatewayEvent(reviewBody("other"), { headers }))).statusCode;
  };
  return { ...inner, state, status, handler };
}

async function mtls(subjectDN: string | undefined, settings: Partial<Settings> = {}): Promise<number> {
  const requestContext = { http: { method: "POST" }, authentication: { clientCert: { subjectDN } } };
  const handler = handlerOf(fakeServices(), { callerAuth: "mtls", ...settings });
  return (await handler(gatewayEvent(reviewBody("other"), { requestContext }))).statusCode;
}

test("none accepts every caller", async () => {
  assert.equal((await handlerOf(fakeServices())(gatewayEvent(reviewBody("other")))).statusCode, 200);
});

test("a bare TokenReview authenticates no caller: answered only with none", async () => {
  const status = async (callerAuth: Settings["callerAuth"]) =>
    (await handlerOf(fakeServices(), { callerAuth })(JSON.parse(reviewBody("other")))).statusCode;
  assert.deepEqual([await status("none"), await status("mtls")], [200, 401]);
  const { handler } = bearer({ callers: [entry("secret")] });
  assert.equal((await handler(JSON.parse(reviewBody("other")))).statusCode, 401);
});

test("mtls requires a certificate, and compares its subject unless subjects is *", async () => {
  const any = { callerSubjects: ["*"] };
  assert.deepEqual([await mtls(SUBJECT, any), await mtls(undefined, any), await mtls("", any)], [200, 401, 401]);
  const callerSubjects = [SUBJECT];
  assert.deepEqual([await mtls(SUBJECT, { callerSubjects }), await mtls("CN=x", { callerSubjects })], [200, 401]);
});

test("bearer reads the list of callers below the prefix, and 401 is not a fault", async () => {
  const { status, calls } = bearer({ callers: [entry("good")] });
  assert.deepEqual([await status("good"), await status("bad")], [200, 401]);
  assert.deepEqual(calls.ssm, [[`${PREFIX}/callers`]]);
});

test("the list of callers is cached for 60 s and not a millisecond longer", async () => {
  const { status, parameters, clock, calls } = bearer({ callers: [entry("old")] });
  await status("old");
  parameters["callers"] = [entry("new")];
  clock.advance(59_999);
  assert.deepEqual([await status("old"), await status("new")], [200, 401]);
  clock.advance(1);
  assert.deepEqual([await status("old"), await status("new")], [401, 200]);
  assert.equal(calls.ssm.length, 2);
});

test("a missing list of callers is 500, and is read again 10 s later", async () => {
  const { status, parameters, clock } = bearer({});
  assert.equal(await status("good"), 500);
  parameters["callers"] = [entry("good")];
  clock.advance(9_999);
  assert.equal(await status("good"), 500);
  clock.advance(1);
  assert.equal(await status("good"), 200);
});

test("an invalid list is 500 for every caller, never 401", async () => {
  for (const callers of ["no JSON", {}, "null"]) assert.equal(await bearer({ callers }).status("good"), 500);
});

test("while Parameter Store fails, the list is used for 5 min more, then the answer is 500, never 401", async () => {
  const { status, state, clock } = bearer({ callers: [entry("good")] });
  await status("good");
  state.up = false;
  clock.advance(359_999);
  assert.deepEqual([await status("good"), await status("bad")], [200, 401]);
  clock.advance(1);
  assert.deepEqual([await status("good"), await status("bad")], [500, 500]);
});
