// The verdict of one parameter for an identity: nothing, a match, an invalid value, or a mismatch.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER, verified } from "../fixtures.ts";
import { judge, NOTHING, SECURE } from "./judge.ts";

const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const ID = "AROALOCALDEVELOPERSAA";
const VALUE = { arn: ARN, username: "dev" };
const PAST = "2020-01-01T00:00:00Z";

const kind = (value: unknown, options: Parameters<typeof judge>[2] = {}) => judge("exact", value, options).verdict.kind;

test("a missing parameter is nothing", () => {
  assert.deepEqual(judge("exact", undefined), { place: "exact", parameter: "/p", verdict: NOTHING, invalidCount: 0 });
});

test("a valid mapping with the identity's arn is a match, and is returned unchanged", () => {
  const { verdict, invalidCount } = judge("exact", VALUE);
  assert.deepEqual([verdict, invalidCount], [{ kind: "match", mapping: VALUE }, 0]);
});

test("a value that is not JSON, is truncated, or is a SecureString is invalid", () => {
  const notJson = { kind: "invalid", problem: "not JSON" };
  for (const [value, expected, secure] of [
    ...["", " ", "dev", "{", '{"arn":', `${JSON.stringify(VALUE)}}`, "username: dev", "undefined"].map(
      (text) => [text, notJson, false] as const,
    ),
    [VALUE, SECURE, true] as const,
    ["AQICAHg=", SECURE, true] as const,
  ]) {
    const { verdict, invalidCount } = judge("exact", value, { secure });
    assert.deepEqual([verdict, invalidCount], [expected, 1]);
  }
});

test("the arn or principalId of another principal is a mismatch: the name only locates the value", () => {
  assert.equal(kind({ ...VALUE, principalId: ID }), "match");
  for (const [change, problem] of [
    ...[`iam::${OTHER}:role/Developers`, `iam::${HOME}:role/Developer`, `iam::${HOME}:user/Developers`].map(
      (end) => [{ arn: `arn:aws:${end}` }, "its arn is the ARN of another principal"] as const,
    ),
    ...["AROALATERROLE", `${ID}A`, ID.slice(0, -1), ID.replace("LOCAL", "LOKAL")].map(
      (principalId) => [{ principalId }, `its principalId is ${principalId}, but this role has ${ID}`] as const,
    ),
  ]) {
    assert.deepEqual(judge("exact", { ...VALUE, ...change }).verdict, { kind: "mismatch", problem });
  }
});

test("a mapping, also of another principal, expires at notAfter, and not a millisecond before", () => {
  const notAfter = new Date(NOW).toISOString();
  for (const [arn, before] of [
    [ARN, "match"],
    [`arn:aws:iam::${HOME}:role/x`, "mismatch"],
  ] as const) {
    const at = (now: number) => kind({ ...VALUE, arn, notAfter }, { now });
    assert.deepEqual([at(NOW - 1), at(NOW), at(NOW + 1)], [before, "nothing", "nothing"]);
  }
});

test("a mapping with a deny key, or another invalid one past its notAfter, is invalid and counted", () => {
  const values = [true, false, 1, "true", null].flatMap((deny) =>
    [{}, { username: "dev" }, { note: 1 }, { notAfter: PAST }].map((rest) => ({ arn: ARN, deny, ...rest })),
  );
  for (const value of [...values, { ...VALUE, notAfter: PAST, note: 1 }]) {
    const { verdict, invalidCount } = judge("exact", value);
    assert.deepEqual([verdict.kind, invalidCount], ["invalid", 1], JSON.stringify(value));
  }
});

test("sso and account mappings apply to every identity whose parameter names include them", () => {
  assert.equal(judge("sso", { username: "x" }, { identity: verified("carol") }).verdict.kind, "match");
  assert.deepEqual(judge("account", {}).verdict, { kind: "match", mapping: {} });
  assert.equal(judge("account", VALUE).verdict.kind, "invalid");
});

test("each kind of identity uses the rules of its kind for its exact mapping", () => {
  for (const [who, otherId, expected] of [
    ["bob", "AROAX", "mismatch"],
    ["alice", "AIDAX", "mismatch"],
    ["root", HOME, "invalid"],
    ["federated", `${HOME}:dave`, "invalid"],
  ] as const) {
    const identity = verified(who);
    const value = { arn: identity.canonicalArn, username: "x" };
    assert.equal(kind(value, { identity }), "match", who);
    assert.equal(kind({ ...value, principalId: otherId }, { identity }), expected, who);
    const own = { ...value, principalId: identity.principalId };
    assert.equal(kind(own, { identity }), expected === "invalid" ? "invalid" : "match", who);
  }
});
