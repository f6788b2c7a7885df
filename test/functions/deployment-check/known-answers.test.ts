// The check of a good version with each CALLER_AUTH, and of bad ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../../functions/authenticator/settings.ts";
import { fault } from "../../../functions/errors.ts";
import { fakeServices, handlerOf } from "../authenticator/fixtures.ts";
import { OPTIONS, world } from "./check-world.ts";

type Invoke = (functionArn: string, event: object) => Promise<unknown>;

const CALLERS = { callers: [{ name: "c", sha256: "0".repeat(64) }] };
const DOWN = {
  askSts: () => Promise.reject(fault("sts_unreachable", "down")),
  fetchParameters: () => Promise.reject(fault("parameters_unavailable", "down")),
};

function version(settings: Partial<Settings>, stored: object = CALLERS, services: Partial<typeof DOWN> = {}): Invoke {
  const clock = Object.assign(() => Date.now(), { advance: () => {} });
  const call = handlerOf(fakeServices({ ...stored }, { ...services, clock }), settings);
  return (_arn, event) => call(event);
}

async function check(invoke: Invoke, callerAuth: string, callerSubject?: string, tokens: "any" | "jwt" = "any") {
  const options = { ...OPTIONS, callerAuth, callerSubject, tokens, compareStoredValues: false };
  const { run, line, reported, calls } = world({ readOptions: () => options, invoke, clock: Date.now });
  await run();
  const { status, problems } = line();
  assert.deepEqual(reported, [status]);
  return { status, problems, invoked: calls.invoke.length };
}

for (const [callerAuth, subject, tokens, invoked] of [
  ["none", undefined, "any", 6],
  ["none", undefined, "jwt", 4],
  ["mtls", "CN=kube-apiserver,O=Example", "any", 8],
  ["mtls", "*", "any", 8],
  ["bearer", undefined, "any", 4],
] as const) {
  test(`a good version passes with ${callerAuth} ${subject ?? ""}, tokens ${tokens}: each event in both payload formats`, async () => {
    const invoke = version({ callerAuth, tokens, callerSubjects: subject === undefined ? [] : [subject] });
    const found = await check(invoke, callerAuth, subject, tokens);
    assert.deepEqual(found, { status: "Succeeded", problems: [], invoked });
  });
}

const OPEN = version({ callerAuth: "none" });
const [NO_STS, NO_STORE] = [version({ callerAuth: "none" }, {}, DOWN), version({ callerAuth: "bearer" }, {}, DOWN)];
for (const [what, invoke, callerAuth, tokens, problem] of [
  ["accepts other tokens than AWS-signed ones", OPEN, "none", "jwt", /^a malformed token .*: answered 200 token_malf/],
  ["cannot reach STS", NO_STS, "none", "any", /^a token of an unknown key \(payload 1\.0\): answered 500 sts_unreac/m],
  ["cannot reach Parameter Store", NO_STORE, "bearer", "any", /^an unknown caller .*: answered 500 parameters_unava/],
  ["accepts any token of a caller", OPEN, "bearer", "any", /^(an unknown|no) caller \(payload 1\.0\): answered \d+ /],
  ["accepts any certificate", OPEN, "mtls", "any", /^(an unknown|no) caller \(payload 1\.0\): answered \d+ /],
] as const) {
  test(`a version that ${what} fails`, async () => {
    const { status, problems } = await check(invoke, callerAuth, undefined, tokens);
    assert.equal(status, "Failed");
    assert.match(problems.join("\n"), problem);
  });
}

test("a missing list of callers is accepted if the live version also reports it", async () => {
  const [good, empty] = [version({ callerAuth: "bearer" }), version({ callerAuth: "bearer" }, {})];
  assert.equal((await check(empty, "bearer")).status, "Succeeded");
  const { status, problems } = await check((arn, event) => (arn === "live" ? good : empty)(arn, event), "bearer");
  assert.equal(status, "Failed");
  assert.match(problems[0] ?? "", /^an unknown caller \(payload 1\.0\): answered 500 callers_invalid, expected 401$/);
});

const answer = (statusCode: number, body: unknown) => async () => ({ statusCode, body: JSON.stringify(body) });
const review = (status: object) => answer(200, { kind: "TokenReview", status });
const BAD: Readonly<Record<string, Invoke>> = {
  "that throws": () => Promise.reject(new Error("the version failed (Unhandled)")),
  "that answers nothing": async () => undefined,
  "whose body is not JSON": async () => ({ statusCode: 200, body: "<html>" }),
  "that grants every request": review({ authenticated: true, user: { username: "admin" } }),
  "that denies every request with one reason": review({ authenticated: false, error: "identity_unmapped: no mapping" }),
  "that treats every token as one of another kind": review({ authenticated: false }),
  "that always answers 500": answer(500, { kind: "Status", message: "internal_fault: unexpected failure" }),
  "that is always throttled": answer(429, { kind: "Status", message: "sts_throttled: STS throttles" }),
};
for (const [name, invoke] of Object.entries(BAD)) {
  test(`a version ${name} fails, with every CALLER_AUTH`, async () => {
    for (const callerAuth of ["bearer", "mtls", "none"]) {
      const { status, problems } = await check(invoke, callerAuth);
      assert.equal(status, "Failed", callerAuth);
      assert.notDeepEqual(problems, []);
    }
  });
}
