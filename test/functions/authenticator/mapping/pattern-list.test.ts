// Lists of patterns: the first match applies, and a damaged entry affects only the identities that it matches.

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateMapping, type Verdict } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { HOME, NOW, OTHER, verified } from "../fixtures.ts";

const ALL = `arn:aws:iam::${HOME}:role/*`;
const MINE = { arnLike: ALL, username: "mine" };
const THEIRS = { arnLike: `arn:aws:iam::${OTHER}:role/*`, username: "theirs" };

function find(list: unknown, { now = NOW, who = "bob", secure = false } = {}) {
  const value = typeof list === "string" ? list : JSON.stringify(list);
  return evaluateMapping({ place: "pattern-any", parameter: "/p" }, { value, secure }, verified(who), now);
}

function verdict(list: unknown, options = {}): Verdict {
  return find(list, options).verdict;
}

test("the first match applies", () => {
  const second = { arnLike: ALL, username: "second" };
  assert.deepEqual(verdict([THEIRS, MINE, second]), { kind: "match", mapping: MINE });
  assert.deepEqual(verdict([second, MINE]), { kind: "match", mapping: second });
});

test("a list without a match, and an empty one, are nothing", () => {
  assert.deepEqual(verdict([]), { kind: "nothing" });
  assert.deepEqual(verdict([THEIRS]), { kind: "nothing" });
});

test("a value that is not a list is invalid", () => {
  for (const value of [{}, MINE, null, "text", 1, "", '"[]"', "[", "[{}]]"]) {
    const { verdict: found, invalidCount } = find(value);
    assert.deepEqual([found.kind, invalidCount], ["invalid", 1], JSON.stringify(value));
  }
  assert.deepEqual(verdict("["), { kind: "invalid", problem: "not JSON" });
  assert.deepEqual(verdict({}), { kind: "invalid", problem: "not a JSON list" });
  const secure = { kind: "invalid", problem: "a SecureString: it must be of type String" };
  assert.deepEqual(verdict([MINE], { secure: true }), secure);
});

test("a pattern is compared with the canonical ARN, including a user's path", () => {
  const like = (arnLike: string, who: string) => verdict([{ arnLike, username: "x" }], { who }).kind;
  assert.equal(like(`arn:aws:iam::${HOME}:role/dev*`, "bob"), "match");
  assert.equal(like(`arn:aws:sts::${HOME}:assumed-role/*`, "bob"), "nothing");
  assert.equal(like(`arn:aws:iam::${HOME}:user/engineering/*`, "alice"), "match");
  assert.equal(like(`arn:aws:iam::${HOME}:user/ops/*`, "alice"), "nothing");
  assert.equal(like(`arn:aws:iam::${HOME}:root`, "root"), "match");
  assert.equal(like(`arn:aws:sts::*:federated-user/d???`, "federated"), "match");
});

test("an entry with a deny key is invalid: it applies to its identities in the order of the list", () => {
  const deny = { arnLike: ALL, deny: true };
  for (const list of [[deny], [deny, MINE], [THEIRS, deny, MINE]]) {
    assert.equal(verdict(list).kind, "invalid");
    assert.equal(find(list).invalidCount, 1);
  }
  assert.deepEqual(verdict([MINE, deny]), { kind: "match", mapping: MINE });
  assert.equal(verdict([{ arnLike: THEIRS.arnLike, deny: true }, MINE]).kind, "match");
});

test("an invalid entry applies only if its arnLike matches", () => {
  assert.equal(verdict([{ ...MINE, note: 1 }, MINE]).kind, "invalid");
  assert.deepEqual(verdict([MINE, { ...MINE, note: 1 }]), { kind: "match", mapping: MINE });
  assert.deepEqual(verdict([{ ...THEIRS, note: 1 }, MINE]), { kind: "match", mapping: MINE });
});

test("an invalid entry without a readable arnLike matches no identity, and is counted", () => {
  const damaged = [null, 1, "text", [], [MINE], {}, { arnLike: 1 }, { arnLike: "*" }, { arnLike: "*", deny: true }];
  const { verdict: found, invalidCount } = find([...damaged, { deny: true }, { ...MINE, arnLike: [ALL] }, MINE]);
  assert.deepEqual(found, { kind: "match", mapping: MINE });
  assert.equal(invalidCount, damaged.length + 2);
});

test("an entry is ignored from its notAfter", () => {
  const notAfter = new Date(NOW).toISOString();
  const next = { arnLike: ALL, username: "next" };
  const ended = { ...MINE, notAfter };
  assert.deepEqual(verdict([ended, next], { now: NOW - 1 }), { kind: "match", mapping: ended });
  assert.deepEqual(verdict([ended, next]), { kind: "match", mapping: next });
  assert.deepEqual(verdict([ended]), { kind: "nothing" });
});

test("a pattern that can never match is invalid, and matches no identity", () => {
  for (const end of ["iam::*:role/team/*", `iam::${HOME}:role/team/Developers`, "sts::*:assumed-role/Developers/*"]) {
    const never = { arnLike: `arn:aws:${end}`, username: "never" };
    const { verdict: found, invalidCount } = find([never, MINE]);
    assert.deepEqual([found, invalidCount], [{ kind: "match", mapping: MINE }, 1], end);
  }
});

test("an entry must not have arn or principalId", () => {
  for (const key of ["arn", "principalId"]) {
    assert.equal(verdict([{ ...MINE, [key]: `arn:aws:iam::${HOME}:role/Developers` }]).kind, "invalid", key);
  }
});
