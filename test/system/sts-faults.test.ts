// STS fails immediately in different ways: the right status, nothing is cached, and the next review is granted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stsThrottling } from "../local/service-faults.ts";
import { failure, grantedUser } from "./answers.ts";
import { answering, type FaultRule, stsError } from "./outages.ts";
import { startSystem } from "./system.ts";

const RESET = { kind: "reset" } as const;

const FAULTS: readonly (readonly [name: string, fault: FaultRule, calls: number, status: number, code: string])[] = [
  ["resets the connection", RESET, 2, 500, "sts_unreachable"],
  ["truncates its response", { kind: "cut", body: '{"GetCallerIdentityResponse":' }, 2, 500, "sts_unreachable"],
  ["answers 503 with Retry-After", answering(503, "", { "retry-after": "1" }), 2, 500, "sts_answer_unusable"],
  ["answers 429", answering(429), 1, 429, "sts_throttled"],
  ["throttles", stsThrottling, 1, 429, "sts_throttled"],
  ["is denied by an endpoint's policy", stsError(403, "AccessDenied"), 1, 500, "sts_answer_unusable"],
  ["fails inside", stsError(500, "InternalFailure"), 2, 500, "sts_answer_unusable"],
  ["answers 200 with garbage", answering(200, "\u0000<html>"), 1, 500, "sts_answer_unusable"],
  ["is behind a proxy that answers 403", answering(403, "<html>Forbidden</html>"), 1, 500, "sts_answer_unusable"],
  ["redirects", answering(302, "", { location: "http://127.0.0.1:1/" }), 1, 500, "sts_answer_unusable"],
  ["answers one byte too many", answering(200, " ".repeat(64 * 1024 + 1)), 1, 500, "sts_answer_unusable"],
  ["sends 1 GB", { kind: "flood", bytes: 1024 ** 3 }, 1, 500, "sts_answer_unusable"],
];

test("each fault of STS is a 500 or 429 and not kept: the next review is granted", async (t) => {
  const system = await startSystem(t);
  for (const [index, [name, fault, calls, status, code]] of FAULTS.entries()) {
    const token = await system.token("bob", { expiresIn: index });
    system.sts.fail(fault);
    const before = system.sts.calls();
    for (const round of [1, 2]) {
      assert.match(failure(await system.review(token), status), new RegExp(`^${code}: `), name);
      assert.equal(system.sts.calls() - before, round * calls, name);
    }
    const { outcome, StsThrottled } = system.logs().at(-1) ?? {};
    assert.deepEqual([outcome, StsThrottled], status === 429 ? ["throttled", 1] : ["fault", undefined], name);
    system.sts.fail(undefined);
    grantedUser(await system.review(token));
    grantedUser(await system.review(token));
    assert.equal(system.sts.calls() - before, 2 * calls + 1, "one call, and then it is known");
  }
});

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
