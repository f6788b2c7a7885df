// Deny lists, rule by rule: the identities that an entry denies, and the effect of an invalid list.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { checkDenyEntry } from "../../../../functions/authenticator/mapping/deny-list.ts";
import { readStored } from "../../../../functions/authenticator/read-stored.ts";
import { HOME, NOW, OTHER, roleIdentity, verified } from "../fixtures.ts";
import { judge, NOTHING, SECURE } from "./judge.ts";

const ROLE = `arn:aws:iam::${HOME}:role/Developers`;
const PAST = "2020-01-01T00:00:00Z";
const KEYS = "the keys are arnLike, notAfter, description";
const jane = roleIdentity("Shared", "jane@example.com");
const EVERY = ["bob", "alice", "carol", "root", "federated", "node"].map(verified);
const odd = { Account: HOME, Arn: `arn:aws:iam::${HOME}:user/a*b/c?d/x+=,.@-_y`, UserId: "AIDAX" };

/** The list of the identity's account. */
const verdict = (list: unknown, options = {}) => judge("deny-account", list, options).verdict;
const arnOf = (end: string) => `arn:aws:${end.replace("HOME", HOME)}`;

function problem(value: unknown): string {
  const check = checkDenyEntry(value, {});
  assert.ok(!check.valid, `${JSON.stringify(value)} is valid`);
  return check.problem;
}

test("a missing and an empty list deny no identity", () => {
  for (const list of [undefined, []]) {
    const { verdict: found, invalidCount } = judge("deny-any", list);
    assert.deepEqual([found, invalidCount], [NOTHING, 0]);
  }
});

test("an entry has arnLike, and optionally notAfter and a description", () => {
  for (const entry of [{ arnLike: ROLE }, { arnLike: ROLE, notAfter: PAST, description: "ticket 4711" }]) {
    assert.deepEqual(checkDenyEntry(entry, {}), { valid: true, entry });
  }
});

const MATCHES: readonly (readonly [rule: string, who: string, denying: string[], others: string[]])[] = [
  [
    "an entry matches the canonical ARN of a role by its name, whatever path it has and in any case",
    "bob",
    [
      ...["iam::HOME:role/Developers", "iam::HOME:role/Dev*", "iam::*:role/?evelopers", "IAM::HOME:ROLE/DEVELOPERS"],
      ...["iam::HOME:role/team/Developers", "iam::HOME:role/aws-reserved/sso.amazonaws.com/eu-west-1/Developers"],
    ],
    [
      ...["iam::HOME:role/Developer", `iam::${OTHER}:role/Developers`, "iam::HOME:user/Developers", "iam::HOME:root"],
      ...["iam::HOME:role/team/Developer", `iam::${OTHER}:role/team/Developers`],
    ],
  ],
  [
    "a user's ARN matches with its path and without it, and by its name if there is no wildcard",
    "alice",
    [
      ...["iam::HOME:user/engineering/alice", "iam::HOME:user/alice", "iam::HOME:user/engineering/*"],
      ...["iam::HOME:user/al?ce", "iam::HOME:user/*", "iam::HOME:user/*/alice", "iam::HOME:user/ALICE"],
      ...["iam::HOME:user/old/place/alice", "iam::HOME:user/a!b/alice", "iam::HOME:user/a:b/alice"],
    ],
    [
      ...["iam::HOME:user/ops/*", "iam::HOME:user/alic", "iam::HOME:user/alice2", "iam::HOME:user/engineering"],
      ...["iam::HOME:role/alice", "iam::HOME:user/alice/bob", `iam::${OTHER}:user/alice`],
      ...[`iam::${OTHER}:user/a:b/alice`, "iam::HOME:user/a:b/alice2"],
    ],
  ],
  ["an entry matches root", "root", ["iam::HOME:root"], [`iam::${OTHER}:root`]],
  [
    "an entry matches a federated user",
    "federated",
    ["sts::HOME:federated-user/dave"],
    ["sts::HOME:federated-user/davex"],
  ],
];

for (const [rule, who, denying, others] of MATCHES) {
  test(rule, () => {
    const kindFor = (end: string) =>
      judge("deny-any", [{ arnLike: arnOf(end) }], { identity: verified(who) }).verdict.kind;
    for (const end of denying) assert.equal(kindFor(end), "deny", end);
    for (const end of others) assert.equal(kindFor(end), "nothing", end);
  });
}

test("an entry matches the ARN that STS returned: one session of a shared role is denied, the others are not", () => {
  for (const [end, others] of [
    [
      "sts::HOME:assumed-role/shared/JANE@example.com",
      [
        roleIdentity("Shared", "john@example.com"),
        roleIdentity("Shared2", "jane@example.com"),
        roleIdentity("Shared", "jane@example.com", OTHER),
      ],
    ],
    ["sts::HOME:assumed-role/*/jane@*", [roleIdentity("Other", "john")]],
  ] as const) {
    const list = [{ arnLike: arnOf(end) }];
    assert.deepEqual(judge("deny-any", list, { identity: jane }).verdict, { kind: "deny", sessionArn: jane.arn });
    for (const identity of others)
      assert.deepEqual(judge("deny-any", list, { identity }).verdict, NOTHING, identity.arn);
  }
});

test("a denial names the session if only the session is denied", () => {
  const session = { arnLike: arnOf("sts::HOME:assumed-role/shared/j*") };
  const role = { arnLike: arnOf("iam::HOME:role/team/Shared") };
  for (const list of [[role], [session, role], [role, session]]) {
    assert.deepEqual(verdict(list, { identity: jane }), { kind: "deny" });
  }
  const ended = { ...role, notAfter: PAST };
  assert.deepEqual(verdict([ended, session], { identity: jane }), { kind: "deny", sessionArn: jane.arn });
  const alice = [{ arnLike: arnOf("iam::HOME:user/alice") }];
  assert.deepEqual(verdict(alice, { identity: verified("alice") }), { kind: "deny" });
});

test("every identity can be denied by some entry", () => {
  for (const identity of [...EVERY, verifyIdentity(odd, "aws", "A")]) {
    for (const arnLike of [identity.canonicalArn, identity.arn, `arn:aws:*::${identity.accountId}:*`]) {
      assert.equal(verdict([{ arnLike }], { identity }).kind, "deny", arnLike);
    }
  }
});

test("an entry expires at notAfter, and not a millisecond before", () => {
  const list = [{ arnLike: ROLE, notAfter: new Date(NOW).toISOString() }];
  assert.equal(verdict(list, { now: NOW - 1 }).kind, "deny");
  assert.equal(verdict(list).kind, "nothing");
  assert.equal(verdict([...list, { arnLike: ROLE }]).kind, "deny");
});

test("an unknown key, a wrong type and a pattern that can never match are invalid, and the problem names them", () => {
  for (const key of [
    "deny",
    "username",
    "groups",
    "arn",
    "arnlike",
    "ArnLike",
    "principalId",
    "note",
    "",
    "__proto__",
  ]) {
    const value: unknown = JSON.parse(`{"arnLike": ${JSON.stringify(ROLE)}, ${JSON.stringify(key)}: true}`);
    assert.equal(problem(value), `unknown key ${JSON.stringify(key)}: ${KEYS}`);
  }
  assert.equal(problem({}), "arnLike must be an ARN pattern, not undefined");
  assert.equal(problem({ arnLike: 1 }), "arnLike must be an ARN pattern, not 1");
  assert.equal(problem({ arnLike: ROLE, description: ["x"] }), 'description must be a string, not ["x"]');
  for (const notAfter of [null, 1, "tomorrow", "2026-12-31", "2026-02-30T00:00:00Z"]) {
    assert.match(problem({ arnLike: ROLE, notAfter }), /^notAfter must be a time like 2026-12-31T00:00:00Z, not /);
  }
  for (const value of [null, 1, "text", [], [{ arnLike: ROLE }]]) assert.equal(problem(value), "not a JSON object");
  for (const arnLike of ["", "*", "arn:*", "Developers"]) {
    assert.match(problem({ arnLike }), /^arnLike must be an ARN pattern of six sections/);
  }
  for (const end of [
    ...["iam::HOME:role/team/*", "iam::HOME:role/*/Developers", "iam::HOME:role", "iam::HOME:group/admins"],
    ...["sts::HOME:assumed-role/Dev", "sts::HOME:assumed-role/team/Dev/s", "iam::HOME:assumed-role/Dev/s"],
    ...["iam::1111:role/Dev", "iam:eu-west-1:HOME:role/Dev", "iam::HOME:role/Dev\n", "iam::HOME:role/a b"],
    ...["iam::HOME:role/"],
  ]) {
    assert.match(problem({ arnLike: arnOf(end) }), /^arnLike ".*" can never match/, end);
  }
});

test("an entry for another account than its list's, or another partition than the function's, can never match", () => {
  const ofUser = (start: string) => [{ arnLike: ROLE }, { arnLike: `${start}:user/x` }];
  const invalid = (start: string, account: string) => ({
    kind: "invalid",
    problem: `entry 2: arnLike "${start}:user/x" can never match: this list covers account ${account} of partition aws only`,
  });
  for (const start of [`arn:aws:iam::${OTHER}`, "arn:aws:iam::4444*"]) {
    assert.deepEqual(verdict(ofUser(start)), invalid(start, HOME));
  }
  for (const start of [`arn:aws-cn:iam::${HOME}`, `arn:aws-*:iam::${HOME}`]) {
    assert.deepEqual(verdict(ofUser(start)), invalid(start, HOME));
    assert.deepEqual(judge("deny-any", ofUser(start)).verdict, invalid(start, "any"));
  }
  assert.deepEqual(judge("deny-any", [{ arnLike: `arn:aws:iam::${OTHER}:user/x` }]).verdict, NOTHING);
  for (const start of ["arn:aws:iam::1111*", "arn:aws:iam::*", `arn:a*:iam::${HOME}`, "arn:*:*::11112222333?"]) {
    assert.deepEqual(verdict([{ arnLike: `${start}:user/x` }]), NOTHING, start);
  }
});

const OTHER_ROLE = `{"arnLike": "arn:aws:iam::${HOME}:role/x"`;
/** By mistake: the value, and the problem if the mistake is not in its last entry. */
const SPOILT: Readonly<Record<string, readonly [value: unknown, problem?: string]>> = {
  "a trailing comma": [`[${OTHER_ROLE}},]`, "not JSON"],
  "an object": [`${OTHER_ROLE}}`, "not a JSON list"],
  "a truncated value": [`[${OTHER_ROLE}`, "not JSON"],
  "an empty value": ["", "not JSON"],
  null: [null, "not a JSON list"],
  "a text": ['"[]"', "not a JSON list"],
  'deny: "true"': [`[${OTHER_ROLE}, "deny": "true"}]`],
  arnlike: [[{ arnlike: ROLE }]],
  "an entry that can never match": [[{ arnLike: `${ROLE.replace("Dev", "team/Dev")}*` }]],
  "an entry for another account": [[{ arnLike: arnOf(`iam::${OTHER}:role/x`) }]],
  "an entry that is null": [[null]],
  "an invalid notAfter": [`[${OTHER_ROLE}, "notAfter": "never"}]`],
  "an invalid entry after one that matches": [[{ arnLike: ROLE }, { arnLike: ROLE, note: 1 }]],
  "an invalid entry that has expired": [[{ arnLike: ROLE, notAfter: PAST, note: 1 }]],
};

for (const [name, [value, expected = /^entry [12]: /]] of Object.entries(SPOILT)) {
  test(`an invalid list denies every identity that it covers: ${name}`, () => {
    for (const identity of EVERY.filter(({ accountId }) => accountId === HOME)) {
      const { verdict: found, invalidCount } = judge("deny-account", value, { identity });
      assert.ok(found.kind === "invalid" && invalidCount === 1);
      if (typeof expected === "string") assert.equal(found.problem, expected);
      else assert.match(found.problem, expected);
    }
  });
}

test("a SecureString denies every identity, whatever its text", () => {
  for (const value of ["[]", "AQICAHg="]) assert.deepEqual(verdict(value, { secure: true }), SECURE);
});

test("each invalid entry is counted, and the first one is named", () => {
  const { verdict: found, invalidCount } = judge("deny-account", [{ arnLike: ROLE }, { arnLike: ROLE, note: 1 }, null]);
  assert.deepEqual([found, invalidCount], [{ kind: "invalid", problem: `entry 2: unknown key "note": ${KEYS}` }, 2]);
});

test("a list is checked completely, and its entries are returned in order", () => {
  const entries = [{ arnLike: ROLE }, { arnLike: `arn:aws:iam::${HOME}:user/*`, description: "all" }];
  const read = readStored("deny", {}, { value: JSON.stringify(entries), secure: false });
  assert.deepEqual(
    read.entries,
    entries.map((value) => ({ value, problem: undefined })),
  );
});
