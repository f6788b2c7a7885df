// The verdict of one parameter for an identity: nothing, a match, an invalid value, or a mismatch.
// Of a list, the first entry applies, and a damaged one affects only its identities.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, NOW, OTHER, roleIdentity, verified } from "../fixtures.ts";
import { judge, NOTHING, SECURE } from "./judge.ts";

const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const ID = "AROALOCALDEVELOPERSAA";
const VALUE = { arn: ARN, username: "dev" };
const PAST = "2020-01-01T00:00:00Z";
const kind = (value: unknown, options: Parameters<typeof judge>[2] = {}) =>
  judge("exact", value, options).verdict.kind;

test("a valid mapping with the identity's arn is a match, unchanged", () => {
  for (const [value, verdict] of [
    [undefined, NOTHING],
    [VALUE, { kind: "match", mapping: VALUE }],
  ] as const) {
    assert.deepEqual(judge("exact", value), {
      place: "exact",
      parameter: "/p",
      verdict,
      invalidCount: 0,
    });
  }
});

test("a value that is not JSON, is truncated, or is a SecureString is invalid", () => {
  const notJson = { kind: "invalid", problem: "not JSON" };
  for (const [value, expected, secure] of [
    ...[
      "",
      " ",
      "dev",
      "{",
      '{"arn":',
      `${JSON.stringify(VALUE)}}`,
      "username: dev",
      "undefined",
    ].map((text) => [text, notJson, false] as const),
    [VALUE, SECURE, true] as const,
    ["AQICAHg=", SECURE, true] as const,
  ]) {
    const { verdict, invalidCount } = judge("exact", value, { secure });
    assert.deepEqual([verdict, invalidCount], [expected, 1]);
  }
});

test("the arn or principalId of another principal is a mismatch: the name only locates the value", () => {
  assert.equal(kind({ ...VALUE, principalId: ID }), "match");
  // biome-ignore format: a table
  const rows = [
    ...[`iam::${OTHER}:role/Developers`, `iam::${HOME}:role/Developer`, `iam::${HOME}:user/Developers`].map((end) => [{ arn: `arn:aws:${end}` }, "its arn is the ARN of another principal"] as const),
    ...["AROALATERROLE", `${ID}A`, ID.slice(0, -1), ID.replace("LOCAL", "LOKAL")].map((principalId) => [{ principalId }, `its principalId is ${principalId}, but this role has ${ID}`] as const),
  ];
  for (const [change, problem] of rows) {
    assert.deepEqual(judge("exact", { ...VALUE, ...change }).verdict, {
      kind: "mismatch",
      problem,
    });
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

test("an invalid mapping stays invalid and is counted past its notAfter", () => {
  for (const key of ["note", "deny"]) {
    const { verdict, invalidCount } = judge("exact", { ...VALUE, notAfter: PAST, [key]: true });
    assert.deepEqual([verdict.kind, invalidCount], ["invalid", 1], key);
  }
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

const jane = roleIdentity("AWSReservedSSO_Admin_0123456789abcdef", "jane@example.com");

/** By place: an identity, how entries name it and another one, and entries that name none. */
// biome-ignore format: a table
const LISTS = {
  "pattern-any": {
    identity: verified("bob"),
    own: { arnLike: `arn:aws:iam::${HOME}:role/*` },
    other: { arnLike: `arn:aws:iam::${OTHER}:role/*` },
    unnamed: [{ arnLike: 1 }, { arnLike: "*" }, { arnLike: "*", deny: true }, { arnLike: ["arn:aws:iam::*:role/*"] }],
  },
  "sso-session": { identity: jane, own: { session: "jane@example.com" }, other: { session: "john@example.com" }, unnamed: [{ session: ["jane@example.com"], username: "x" }] },
} as const;

for (const place of ["pattern-any", "sso-session"] as const) {
  const { identity, own, other, unnamed } = LISTS[place];
  const mine = { ...own, username: "mine" };
  const second = { ...own, username: "second" };
  const theirs = { ...other, username: "theirs" };
  const find = (list: unknown, options = {}) => judge(place, list, { identity, ...options });
  const verdict = (list: unknown, options = {}) => find(list, options).verdict;
  const match = (mapping: object) => ({ kind: "match", mapping });

  test(`${place}: the first entry for the identity that has not expired applies`, () => {
    const ended = { ...mine, notAfter: new Date(NOW).toISOString() };
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

  test(`${place}: an invalid entry denies exactly the identity that it names`, () => {
    const wrongs = [
      { note: 1 },
      { groups: "a" },
      { username: "" },
      { notAfter: "x" },
      { arn: identity.canonicalArn },
    ];
    const more = [
      { principalId: identity.principalId },
      { deny: true },
      { note: 1, notAfter: PAST },
    ];
    for (const wrong of [...wrongs, ...more]) {
      for (const list of [[{ ...mine, ...wrong }], [theirs, { ...mine, ...wrong }, second]]) {
        assert.deepEqual(
          [find(list).verdict.kind, find(list).invalidCount],
          ["invalid", 1],
          JSON.stringify(list),
        );
      }
      assert.deepEqual(verdict([mine, { ...mine, ...wrong }]), match(mine));
      assert.deepEqual(verdict([{ ...theirs, ...wrong }, mine]), match(mine));
    }
    assert.equal(verdict([own, second]).kind, "invalid");
  });

  test(`${place}: an invalid entry that names no identity applies to none, and is counted`, () => {
    const damaged = [
      null,
      1,
      "text",
      [],
      [mine],
      {},
      { username: "x" },
      { deny: true },
      ...unnamed,
    ];
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
    assert.equal(
      judge("pattern-any", list, { identity: verified(who) }).verdict.kind,
      expected,
      end,
    );
  }
});

test("a pattern that can never match is invalid, and matches no identity", () => {
  const mine = { ...LISTS["pattern-any"].own, username: "mine" };
  for (const end of [
    "iam::*:role/team/*",
    `iam::${HOME}:role/team/Developers`,
    "sts::*:assumed-role/Developers/*",
  ]) {
    const { verdict, invalidCount } = judge("pattern-any", [
      { arnLike: `arn:aws:${end}`, username: "never" },
      mine,
    ]);
    assert.deepEqual([verdict, invalidCount], [{ kind: "match", mapping: mine }, 1], end);
  }
});
