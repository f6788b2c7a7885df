// The verdict of one parameter for an identity: nothing, a match, a denial, an invalid value, or a mismatch.

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateMapping, type Verdict } from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { HOME, NOW, OTHER, verified } from "../fixtures.ts";

const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const ID = "AROALOCALDEVELOPERSAA";
const VALUE = { arn: ARN, username: "dev" };

interface Options {
  readonly place?: Place;
  readonly who?: string;
  readonly now?: number;
  readonly secure?: boolean;
}

function find(value: unknown, { place = "exact", who = "bob", now = NOW, secure = false }: Options = {}) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const stored = value === undefined ? undefined : { value: text, secure };
  return evaluateMapping({ place, parameter: "/p" }, stored, verified(who), now);
}

function kind(value: unknown, options: Options = {}): Verdict["kind"] {
  return find(value, options).verdict.kind;
}

test("a missing parameter is nothing", () => {
  assert.deepEqual(find(undefined), {
    place: "exact",
    parameter: "/p",
    verdict: { kind: "nothing" },
    invalidCount: 0,
  });
});

test("a valid mapping with the identity's arn is a match, and is returned unchanged", () => {
  assert.deepEqual(find(VALUE).verdict, { kind: "match", mapping: VALUE });
  assert.equal(find(VALUE).invalidCount, 0);
});

test("a value that is not JSON, or is truncated, is invalid", () => {
  for (const text of ["", " ", "dev", "{", '{"arn":', `${JSON.stringify(VALUE)}}`, "username: dev", "undefined"]) {
    const { verdict, invalidCount } = find(text);
    assert.deepEqual([verdict, invalidCount], [{ kind: "invalid", problem: "not JSON" }, 1], text);
  }
});

test("a SecureString mapping is invalid, whatever its text", () => {
  for (const value of [VALUE, "AQICAHg="]) {
    const { verdict, invalidCount } = find(value, { secure: true });
    assert.deepEqual(
      [verdict, invalidCount],
      [{ kind: "invalid", problem: "a SecureString: it must be of type String" }, 1],
    );
  }
});

test("an arn of another principal is a mismatch: the name only locates the value", () => {
  for (const arn of [
    ...[`arn:aws:iam::${OTHER}:role/Developers`, `arn:aws:iam::${HOME}:role/Developer`, `arn:aws:iam::${HOME}:root`],
    ...[`arn:aws:iam::${HOME}:user/Developers`, `arn:aws-cn:iam::${HOME}:role/Developers`],
  ]) {
    assert.deepEqual(find({ ...VALUE, arn }).verdict, {
      kind: "mismatch",
      problem: "its arn is the ARN of another principal",
    });
  }
});

test("a principalId binds a mapping to this role, not to a later role of the same name", () => {
  assert.equal(kind({ ...VALUE, principalId: ID }), "match");
  for (const principalId of ["AROALATERROLE", `${ID}A`, ID.slice(0, -1), ID.toUpperCase().replace("LOCAL", "LOKAL")]) {
    assert.deepEqual(find({ ...VALUE, principalId }).verdict, {
      kind: "mismatch",
      problem: `its principalId is ${principalId}, but this role has ${ID}`,
    });
  }
});

test("a user's principalId is its complete user id", () => {
  const arn = `arn:aws:iam::${HOME}:user/alice`;
  assert.equal(kind({ arn, username: "a", principalId: "AIDALOCALALICEAAAAAAA" }, { who: "alice" }), "match");
  assert.equal(kind({ arn, username: "a", principalId: "AIDALOCALALICEBBBBBBB" }, { who: "alice" }), "mismatch");
});

test("a mapping expires at notAfter, and not a millisecond before", () => {
  const value = { ...VALUE, notAfter: new Date(NOW).toISOString() };
  assert.equal(kind(value, { now: NOW - 1 }), "match");
  assert.equal(kind(value, { now: NOW }), "nothing");
  assert.equal(kind(value, { now: NOW + 1 }), "nothing");
});

test("a mapping of another principal also expires at notAfter", () => {
  const value = { ...VALUE, arn: `arn:aws:iam::${HOME}:role/x`, notAfter: new Date(NOW).toISOString() };
  assert.equal(kind(value, { now: NOW - 1 }), "mismatch");
  assert.equal(kind(value, { now: NOW }), "nothing");
});

test("an invalid mapping past its notAfter is still invalid", () => {
  assert.equal(kind({ ...VALUE, notAfter: "2020-01-01T00:00:00Z", note: 1 }), "invalid");
});

test("a mapping with a deny key is invalid, whatever its value and the rest are, and is counted", () => {
  for (const deny of [true, false, 1, "true", null]) {
    for (const rest of [{}, { username: "dev" }, { note: 1 }, { notAfter: "2020-01-01T00:00:00Z" }]) {
      const { verdict, invalidCount } = find({ arn: ARN, deny, ...rest });
      assert.deepEqual([verdict.kind, invalidCount], ["invalid", 1], JSON.stringify({ deny, ...rest }));
    }
  }
});

test("sso and account mappings apply to every identity whose parameter names include them", () => {
  assert.equal(kind({ username: "x" }, { place: "sso", who: "carol" }), "match");
  assert.deepEqual(find({}, { place: "account" }).verdict, { kind: "match", mapping: {} });
  assert.equal(kind({ ...VALUE }, { place: "account" }), "invalid");
});

test("each kind of identity uses the rules of its kind for its exact mapping", () => {
  const principalId = { bob: "AROAX", alice: "AIDAX", root: HOME, federated: `${HOME}:dave` };
  for (const who of ["bob", "alice", "root", "federated"] as const) {
    const value = { arn: verified(who).canonicalArn, username: "x" };
    assert.equal(kind(value, { who }), "match", who);
    const pinned = kind({ ...value, principalId: principalId[who] }, { who });
    assert.equal(pinned, who === "bob" || who === "alice" ? "mismatch" : "invalid", who);
  }
});
