// Lists of patterns and of sso-session entries: the first entry applies, and a damaged one affects only its identities.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER, roleIdentity, verified } from "../fixtures.ts";
import { judge, NOTHING, SECURE } from "./judge.ts";

const jane = roleIdentity("AWSReservedSSO_Admin_0123456789abcdef", "jane@example.com");

/** By place: an identity, how entries name it and another one, and entries that name none. */
const LISTS = {
  "pattern-any": {
    identity: verified("bob"),
    own: { arnLike: `arn:aws:iam::${HOME}:role/*` },
    other: { arnLike: `arn:aws:iam::${OTHER}:role/*` },
    unnamed: [{ arnLike: 1 }, { arnLike: "*" }, { arnLike: "*", deny: true }, { arnLike: ["arn:aws:iam::*:role/*"] }],
  },
  "sso-session": {
    identity: jane,
    own: { session: "jane@example.com" },
    other: { session: "john@example.com" },
    unnamed: [{ session: ["jane@example.com"], username: "x" }],
  },
} as const;
const PAST = "2020-01-01T00:00:00Z";

for (const place of ["pattern-any", "sso-session"] as const) {
  const { identity, own, other, unnamed } = LISTS[place];
  const [mine, second, theirs] = [
    { ...own, username: "mine" },
    { ...own, username: "second" },
    { ...other, username: "theirs" },
  ];
  const find = (list: unknown, options = {}) => judge(place, list, { identity, ...options });
  const verdict = (list: unknown, options = {}) => find(list, options).verdict;
  const match = (mapping: object) => ({ kind: "match", mapping });

  test(`${place}: the first entry for the identity that has not expired applies`, () => {
    const notAfter = new Date(NOW).toISOString();
    const ended = { ...mine, notAfter };
    for (const list of [[], [theirs], [ended]]) assert.deepEqual(verdict(list), NOTHING);
    assert.deepEqual(verdict([theirs, mine, second]), match(mine));
    assert.deepEqual(verdict([second, mine]), match(second));
    assert.deepEqual(verdict([ended, second], { now: NOW - 1 }), match(ended));
    assert.deepEqual(verdict([ended, second]), match(second));
  });

  test(`${place}: a value that is not a list is invalid`, () => {
    for (const value of ["", "[", "[{}]]", "{}", mine, null, '"[]"', "text", 1]) {
      const { verdict: found, invalidCount } = find(value);
      assert.deepEqual([found.kind, invalidCount], ["invalid", 1], JSON.stringify(value));
    }
    assert.deepEqual(verdict("["), { kind: "invalid", problem: "not JSON" });
    assert.deepEqual(verdict({}), { kind: "invalid", problem: "not a JSON list" });
    assert.deepEqual(verdict([mine], { secure: true }), SECURE);
  });

  test(`${place}: an invalid entry denies the identity that it names, in the order of the list, and no other`, () => {
    const wrongs = [
      { note: 1 },
      { groups: "a" },
      { username: "" },
      { notAfter: "soon" },
      { arn: identity.canonicalArn },
    ];
    const more = [{ principalId: identity.principalId }, { deny: true }, { note: 1, notAfter: PAST }];
    for (const wrong of [...wrongs, ...more]) {
      for (const list of [[{ ...mine, ...wrong }], [theirs, { ...mine, ...wrong }, second]]) {
        assert.deepEqual([find(list).verdict.kind, find(list).invalidCount], ["invalid", 1], JSON.stringify(list));
      }
      assert.deepEqual(verdict([mine, { ...mine, ...wrong }]), match(mine));
      assert.deepEqual(verdict([{ ...theirs, ...wrong }, mine]), match(mine));
    }
    assert.equal(verdict([own, second]).kind, "invalid");
  });

  test(`${place}: an invalid entry that names no identity applies to none, and is counted`, () => {
    const damaged = [null, 1, "text", [], [mine], {}, { username: "x" }, { deny: true }, ...unnamed];
    const { verdict: found, invalidCount } = find([...damaged, mine]);
    assert.deepEqual([found, invalidCount], [match(mine), damaged.length]);
  });
}

test("a pattern is compared with the canonical ARN, including a user's path", () => {
  for (const [end, who, expected] of [
    [`iam::${HOME}:role/dev*`, "bob", "match"],
    [`iam::${HOME}:user/engineering/*`, "alice", "match"],
    [`iam::${HOME}:user/ops/*`, "alice", "nothing"],
    [`iam::${HOME}:root`, "root", "match"],
    ["sts::*:federated-user/d???", "federated", "match"],
  ] as const) {
    const list = [{ arnLike: `arn:aws:${end}`, username: "x" }];
    assert.equal(judge("pattern-any", list, { identity: verified(who) }).verdict.kind, expected, end);
  }
});

test("a pattern that can never match is invalid, and matches no identity", () => {
  const mine = { ...LISTS["pattern-any"].own, username: "mine" };
  for (const end of ["iam::*:role/team/*", `iam::${HOME}:role/team/Developers`, "sts::*:assumed-role/Developers/*"]) {
    const { verdict, invalidCount } = judge("pattern-any", [{ arnLike: `arn:aws:${end}`, username: "never" }, mine]);
    assert.deepEqual([verdict, invalidCount], [{ kind: "match", mapping: mine }, 1], end);
  }
});
