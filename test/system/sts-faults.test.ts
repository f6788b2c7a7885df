// STS fails immediately in different ways: the right status, nothing is cached, and the next review is granted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stsThrottling } from "../local/service-faults.ts";
import { denial, failure, grantedUser } from "./answers.ts";
import { answering, type FaultRule, first, stsError } from "./outages.ts";
import { startSystem } from "./system.ts";

/** The XML of STS for a client that does not request JSON, or behind a proxy that drops the header. */
function errorXml(code: string): string {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>as it says</Message></Error>`;
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${error}<RequestId>r</RequestId></ErrorResponse>`;
}

const RESET = { kind: "reset" } as const;
const REFLECTED = JSON.stringify({
  AssumeRoleResponse: {
    GetCallerIdentityResult: { Account: "111122223333", Arn: "arn:aws:iam::111122223333:root", UserId: "111122223333" },
  },
});

const FAULTS: readonly (readonly [name: string, fault: FaultRule, calls: number, status: number, code: string])[] = [
  ["resets the connection", RESET, 2, 500, "sts_unreachable"],
  ["truncates its response", { kind: "cut", body: '{"GetCallerIdentityResponse":' }, 2, 500, "sts_unreachable"],
  ["answers 500", answering(500), 2, 500, "sts_answer_unusable"],
  ["answers 503 with Retry-After", answering(503, "", { "retry-after": "1" }), 2, 500, "sts_answer_unusable"],
  ["answers 429", answering(429), 1, 429, "sts_throttled"],
  ["throttles", stsThrottling, 1, 429, "sts_throttled"],
  ["throttles with another code", stsError(400, "RequestLimitExceeded"), 1, 429, "sts_throttled"],
  ["throttles in XML", answering(400, errorXml("Throttling")), 1, 429, "sts_throttled"],
  ["is denied by an endpoint's policy", stsError(403, "AccessDenied"), 1, 500, "sts_answer_unusable"],
  ["is denied by a policy, in XML", answering(403, errorXml("AccessDenied")), 1, 500, "sts_answer_unusable"],
  ["reports a timeout", stsError(400, "RequestTimeout"), 1, 500, "sts_answer_unusable"],
  ["fails inside", stsError(500, "InternalFailure"), 2, 500, "sts_answer_unusable"],
  ["is not available", stsError(503, "ServiceUnavailable"), 2, 500, "sts_answer_unusable"],
  ["mentions throttling in its text", answering(403, "Throttling: rate exceeded"), 1, 500, "sts_answer_unusable"],
  ["answers 200 with garbage", answering(200, "\u0000<html>"), 1, 500, "sts_answer_unusable"],
  ["answers 200 with nothing", answering(200), 1, 500, "sts_answer_unusable"],
  ["answers 200 of another shape (reflected JSON)", answering(200, REFLECTED), 1, 500, "sts_answer_unusable"],
  ["answers 204", answering(204), 1, 500, "sts_answer_unusable"],
  ["is behind a proxy that answers 403", answering(403, "<html>Forbidden</html>"), 1, 500, "sts_answer_unusable"],
  ["answers one byte too many", answering(200, " ".repeat(64 * 1024 + 1)), 1, 500, "sts_answer_unusable"],
];

for (const [name, fault, calls, status, code] of FAULTS) {
  test(`STS ${name}: ${status} after ${calls} ${calls === 1 ? "call" : "calls"}, then granted`, async (t) => {
    const system = await startSystem(t);
    const token = await system.token("bob");
    system.sts.fail(fault);
    for (const round of [1, 2]) {
      assert.match(failure(await system.review(token), status), new RegExp(`^${code}: `));
      assert.equal(system.sts.calls(), round * calls, "nothing was kept");
    }
    assert.equal(system.store.calls(), 0);
    assert.deepEqual(new Set(system.logs().map(({ outcome }) => outcome)), new Set([outcomeOf(status)]));
    assert.equal(system.logs().at(-1)?.["StsThrottled"], status === 429 ? 1 : undefined);

    system.sts.fail(undefined);
    grantedUser(await system.review(token));
    grantedUser(await system.review(token));
    assert.equal(system.sts.calls(), 2 * calls + 1, "one call, and then it is known");
  });
}

function outcomeOf(status: number): string {
  return status === 429 ? "throttled" : "fault";
}

for (const [name, fault] of [
  ["5xx", answering(502)],
  ["reset", RESET],
  ["cut", { kind: "cut", body: "{" }],
] as const) {
  test(`STS fails once (${name}): retried, and granted`, async (t) => {
    const system = await startSystem(t);
    system.sts.fail(first(1, fault));
    grantedUser(await system.review(await system.token("bob")));
    assert.equal(system.sts.calls(), 2);
  });
}

test("STS stops with open connections, and recovers", async (t) => {
  const system = await startSystem(t);
  const [before, meanwhile] = [await system.token("alice"), await system.token("bob")];
  grantedUser(await system.review(before));
  await system.sts.down();
  assert.match(failure(await system.review(meanwhile), 500), /^sts_unreachable: .*ECONNREFUSED/);
  grantedUser(await system.review(before));
  await system.sts.up();
  grantedUser(await system.review(meanwhile));
  assert.equal(system.sts.calls(), 2);
});

test("a denial by STS before an outage is not returned during the outage after it expired", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob", { clusterId: "another" });
  await system.review(token);
  system.sts.fail(RESET);
  system.clock.advance(10_001);
  failure(await system.review(token), 500);
});

test("STS adds keys to its response: granted", async (t) => {
  const system = await startSystem(t);
  const GetCallerIdentityResult = {
    Account: "111122223333",
    Arn: "arn:aws:iam::111122223333:user/alice",
    UserId: "AIDALOCALALICEAAAAAAA",
  };
  const added = {
    GetCallerIdentityResult: { ...GetCallerIdentityResult, New: {} },
    New: [],
    ResponseMetadata: { New: 1 },
  };
  system.sts.fail(answering(200, JSON.stringify({ GetCallerIdentityResponse: added, New: true })));
  assert.equal(grantedUser(await system.review(await system.token("alice"))).username, "alice");
});

test("STS refuses a token in XML: denied, as in JSON", async (t) => {
  const system = await startSystem(t);
  system.sts.fail(answering(403, errorXml("ExpiredToken")));
  assert.match(denial(await system.review(await system.token("bob"))), /^sts_refused: .*ExpiredToken/);
});
