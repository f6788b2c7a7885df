// Deny lists, rule by rule: the identities that an entry denies, and the effect of an invalid list.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VerifiedIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import {
  checkDenyEntry,
  identityArns,
  isDenied,
  isPersonName,
  withoutPath,
} from "../../../../functions/authenticator/mapping/deny-list.ts";
import { randomRuns } from "../../../extent.ts";
import { HOME, OTHER, roleIdentity, verified } from "../fixtures.ts";
import { judge, NOTHING } from "./judge.ts";

const ROLE = `arn:aws:iam::${HOME}:role/Developers`;
const PAST = "2020-01-01T00:00:00Z";
const KEYS = "the keys are arnLike, name, notAfter, description";
const jane = roleIdentity("Shared", "jane@example.com");
const EVERY = ["bob", "alice", "carol", "root", "federated", "node"].map(verified);
const signed = { identityStoreUserId: undefined, sourceIdentity: undefined, principalTags: {} };
const verdict = (list: unknown, options = {}) => judge("deny-account", list, options).verdict;
const arnOf = (end: string) => `arn:aws:${end.replace("HOME", HOME)}`;

function problem(value: unknown): string {
  const check = checkDenyEntry(value, {});
  assert.ok(!check.valid, `${JSON.stringify(value)} is valid`);
  return check.problem;
}

const MATCHES: readonly (readonly [
  rule: string,
  who: string,
  denying: string[],
  others: string[],
])[] = [
  [
    "an entry matches the canonical ARN of a role by its name, whatever path it has and in any case",
    "bob",
    [
      ...[
        "iam::HOME:role/Developers",
        "iam::HOME:role/Dev*",
        "iam::*:role/?evelopers",
        "IAM::HOME:ROLE/DEVELOPERS",
      ],
      ...[
        "iam::HOME:role/team/Developers",
        "iam::HOME:role/aws-reserved/sso.amazonaws.com/eu-west-1/Developers",
      ],
    ],
    [
      ...[
        "iam::HOME:role/Developer",
        `iam::${OTHER}:role/Developers`,
        "iam::HOME:user/Developers",
        "iam::HOME:root",
      ],
      ...["iam::HOME:role/team/Developer", `iam::${OTHER}:role/team/Developers`],
    ],
  ],
  [
    "a user who moves to another path stays denied (iam:UpdateUser): an ARN matches with and without path, or by its name",
    "alice",
    [
      ...[
        "iam::HOME:user/engineering/alice",
        "iam::HOME:user/alice",
        "iam::HOME:user/engineering/*",
      ],
      ...[
        "iam::HOME:user/al?ce",
        "iam::HOME:user/*",
        "iam::HOME:user/*/alice",
        "iam::HOME:user/ALICE",
      ],
      ...["iam::HOME:user/old/place/alice", "iam::HOME:user/a!b/alice", "iam::HOME:user/a:b/alice"],
    ],
    [
      ...["ops/*", "old/al*", "alic", "alice2", "engineering"].map(
        (end) => `iam::HOME:user/${end}`,
      ),
      ...["iam::HOME:role/alice", "iam::HOME:user/alice/bob", `iam::${OTHER}:user/alice`],
      ...[`iam::${OTHER}:user/a:b/alice`, "iam::HOME:user/a:b/alice2"],
    ],
  ],
  [
    "an entry matches the ARN that STS returned: one session of a shared role is denied, the others are not",
    "bob",
    [
      "sts::HOME:assumed-role/developers/BOB@example.com",
      "sts::HOME:assumed-role/*/bob@*",
      "*::HOME:*",
    ],
    [
      ...[
        "sts::HOME:assumed-role/Developers/john@example.com",
        "sts::HOME:assumed-role/Developers2/bob@example.com",
      ],
      `sts::${OTHER}:assumed-role/Developers/bob@example.com`,
    ],
  ],
  ["an entry matches root", "root", ["iam::HOME:root"], [`iam::${OTHER}:root`]],
  [
    "an entry matches a federated user",
    "federated",
    ["sts::HOME:federated-user/dave"],
    ["sts::HOME:federated-user/d"],
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

test("a role is compared without path and with its session, and a user with path", () => {
  const alice = verified("alice");
  const users = [alice.arn, alice.arn, `arn:aws:iam::${HOME}:user/alice`];
  for (const [identity, arns] of [
    [jane, [jane.canonicalArn, jane.arn]],
    [{ ...jane, claims: signed }, [jane.canonicalArn]],
    [alice, users],
    [{ ...alice, claims: signed }, users],
  ] as const) {
    assert.deepEqual(identityArns(identity), arns);
  }
  // The path of a user can contain an ARN.
  const arnLike = arnOf(`iam::*:user/${arnOf("iam::HOME:user/a/b")}`);
  assert.equal(withoutPath(arnLike), arnLike);
});

test("a denial names the session if only the session is denied", () => {
  const session = { arnLike: arnOf("sts::HOME:assumed-role/shared/j*") };
  const role = { arnLike: arnOf("iam::HOME:role/team/Shared") };
  for (const list of [[role], [session, role], [role, session]]) {
    assert.deepEqual(verdict(list, { identity: jane }), { kind: "deny" });
  }
  const ended = { ...role, notAfter: PAST };
  assert.deepEqual(verdict([ended, session], { identity: jane }), {
    kind: "deny",
    sessionArn: jane.arn,
  });
  const alice = [{ arnLike: arnOf("iam::HOME:user/alice") }];
  assert.deepEqual(verdict(alice, { identity: verified("alice") }), { kind: "deny" });
});

const verdictOf = (
  name: string,
  identity: VerifiedIdentity,
  place: "deny-account" | "deny-any" = "deny-any",
) => judge(place, [{ name }], { identity }).verdict.kind;

test("a name denies sessions, users and federated users of that name, and no others", () => {
  const sessions = ["Shared", "AWSReservedSSO_View_0123456789abcdef"].map((role) =>
    roleIdentity(role, "Jane@example.com"),
  );
  for (const place of ["deny-account", "deny-any"] as const) {
    for (const identity of sessions) {
      for (const name of ["jane@example.com", "JANE@EXAMPLE.COM"])
        assert.equal(verdictOf(name, identity, place), "deny");
      for (const name of [
        "jane",
        "jane@example.co",
        "jane@example.comm",
        identity.name.slice(0, 64),
      ]) {
        assert.equal(verdictOf(name, identity, place), "nothing", name);
      }
    }
    for (const [who, name] of [
      ["alice", "alice"],
      ["alice", "ALICE"],
      ["federated", "Dave"],
    ] as const) {
      assert.equal(verdictOf(name, verified(who), place), "deny", name);
    }
    assert.equal(verdictOf("engineering", verified("alice"), place), "nothing");
  }
  assert.equal(verified("alice").arn, `arn:aws:iam::${HOME}:user/engineering/alice`);
  const [session = jane] = sessions;
  assert.deepEqual(verdict([{ name: "jane@example.com" }], { identity: session }), {
    kind: "deny",
    sessionArn: session.arn,
  });
  assert.deepEqual(verdict([{ name: "alice" }], { identity: verified("alice") }), { kind: "deny" });
});

test("no name denies root", () => {
  for (const name of ["root", HOME.slice(1), ":root".slice(1)])
    assert.equal(verdictOf(name, verified("root")), "nothing");
});

test("any name refuses an AWS-signed token of a role, which shows no session", () => {
  const role = { ...jane, sessionName: undefined, claims: signed };
  const problem = "it denies a session of this role, which may be this one";
  assert.deepEqual(verdict([{ name: "bob" }], { identity: role }), { kind: "unknown", problem });
  assert.deepEqual(verdict([{ name: "bob", notAfter: PAST }], { identity: role }), NOTHING);
  const alice = { ...verified("alice"), claims: signed };
  assert.equal(verdictOf("alice", alice), "deny");
  assert.equal(verdictOf("bob", alice), "nothing");
});

test("an invalid name makes the list invalid, and so do both a name and a pattern", () => {
  const rule =
    "name must be a name of 2 to 64 characters (A-Za-z0-9_+=.@-), not an account or a key id, not ";
  for (const name of [
    "",
    "j",
    "a".repeat(65),
    "jane doe",
    "a,b",
    "a/b",
    "a*",
    "arn:aws",
    HOME,
    "AKIAIOSFODNN7EXAMPLE",
    1,
    null,
    ["jane"],
  ]) {
    assert.ok(problem({ name }).startsWith(rule), problem({ name }));
    assert.equal(verdict([{ name: "jane" }, { name }], { identity: jane }).kind, "invalid");
  }
  assert.equal(problem({ name: "jane", arnLike: ROLE }), "has both arnLike and name: keep one");
  assert.equal(problem({ name: "jane", account: HOME }), `unknown key "account": ${KEYS}`);
  const twice = '[{"name":"jane","name":"joe"}]';
  assert.deepEqual(verdict(twice, { identity: jane }), {
    kind: "invalid",
    problem: 'entry 1: repeated key "name": use each key once',
  });
});

test("any name is accepted by its characters, and denies exactly its sessions", () => {
  const alphabet = [..."abcXYZ019_+=.@-", ",", "/", "*", " ", "\u212a", "\n"];
  const texts = fc.oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 70 }),
    fc.stringMatching(/^(?:\d{11,13}|A(?:KI|SI|RO|ID)A[A-Z\d]{10,14})$/),
    fc.constantFrom("jane", "Jane", "j\u0430ne"),
  );
  const session = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{2,12}$/);
  fc.assert(
    fc.property(
      texts,
      fc.oneof(
        session,
        texts.filter((text) => /^[A-Za-z0-9_+=,.@-]{2,64}$/.test(text)),
      ),
      (name, own) => {
        const ids = /^(?:[0-9]{12}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,})$/.test(name);
        const isValid =
          name.length >= 2 &&
          name.length <= 64 &&
          [...name].every((c) => /[A-Za-z0-9_+=.@-]/.test(c)) &&
          !ids;
        assert.equal(isPersonName(name), isValid);
        const check = checkDenyEntry({ name }, {});
        assert.equal(check.valid, isValid);
        if (!check.valid) return;
        const isOwn = name.toLowerCase() === own.toLowerCase();
        assert.equal(isDenied(check.value, roleIdentity("Shared", own)), isOwn);
        assert.equal(verdictOf(name, roleIdentity("Shared", own)), isOwn ? "deny" : "nothing");
      },
    ),
    { numRuns: randomRuns(10_000) },
  );
});

test("an unknown key, a wrong type and a pattern that never matches are invalid", () => {
  for (const key of ["deny", "username", "arn", "arnlike", "ArnLike", "note", "", "__proto__"]) {
    const value: unknown = JSON.parse(
      `{"arnLike": ${JSON.stringify(ROLE)}, ${JSON.stringify(key)}: true}`,
    );
    assert.equal(problem(value), `unknown key ${JSON.stringify(key)}: ${KEYS}`);
  }
  assert.equal(problem({}), "arnLike must be an ARN pattern, not undefined");
  assert.equal(problem({ arnLike: 1 }), "arnLike must be an ARN pattern, not 1");
  assert.equal(
    problem({ arnLike: ROLE, description: ["x"] }),
    'description must be a string, not ["x"]',
  );
  for (const notAfter of [null, 1, "tomorrow", "2026-12-31", "2026-02-30T00:00:00Z"]) {
    assert.match(
      problem({ arnLike: ROLE, notAfter }),
      /^notAfter must be a time like 2026-12-31T00:00:00Z, not /,
    );
  }
  for (const value of [null, 1, "text", [], [{ arnLike: ROLE }]])
    assert.equal(problem(value), "not a JSON object");
  const entry = { arnLike: ROLE, notAfter: PAST, description: "ticket 4711" };
  assert.deepEqual(checkDenyEntry(entry, {}), { valid: true, value: entry });
  for (const arnLike of ["", "*", "arn:*", "Developers"]) {
    assert.match(problem({ arnLike }), /^arnLike must be an ARN pattern of six sections/);
  }
  for (const end of [
    "iam::HOME:role/a/*",
    "iam::HOME:role",
    "sts::HOME:assumed-role/team/Dev/s",
    "iam::HOME:role/",
  ]) {
    assert.match(problem({ arnLike: arnOf(end) }), /^arnLike ".*" can never match/, end);
  }
});

test("an entry for another account or partition can never match", () => {
  const ofUser = (start: string) => [{ arnLike: ROLE }, { arnLike: `${start}:user/x` }];
  for (const [start, places] of [
    [`arn:aws:iam::${OTHER}`, ["deny-account"]],
    ["arn:aws:iam::4444*", ["deny-account"]],
    [`arn:aws-cn:iam::${HOME}`, ["deny-account", "deny-any"]],
    [`arn:aws-*:iam::${HOME}`, ["deny-account", "deny-any"]],
  ] as const) {
    for (const place of places) {
      const covered = `account ${place === "deny-any" ? "any" : HOME} of partition aws only`;
      const problem = `entry 2: arnLike "${start}:user/x" can never match: this list covers ${covered}`;
      assert.deepEqual(judge(place, ofUser(start)).verdict, { kind: "invalid", problem });
    }
  }
  const foreign = { arnLike: `arn:aws:iam::${OTHER}:user/x` };
  assert.deepEqual(judge("deny-any", [foreign]).verdict, NOTHING);
  const problem = `arnLike "${foreign.arnLike}" can never match: this list covers account ${HOME} only`;
  assert.deepEqual(checkDenyEntry(foreign, { account: HOME }), { valid: false, problem });
  for (const start of [
    "arn:aws:iam::1111*",
    "arn:aws:iam::*",
    `arn:a*:iam::${HOME}`,
    "arn:*:*::11112222333?",
  ]) {
    assert.deepEqual(verdict([{ arnLike: `${start}:user/x` }]), NOTHING, start);
  }
});

test("an invalid list denies every identity that it covers", () => {
  for (const [value, problem, count = 1] of [
    ...["", `[{"arnLike":"${ROLE}"},]`, `[{"arnLike":"${ROLE}"`].map(
      (text) => [text, "not JSON"] as const,
    ),
    ...[{ arnLike: ROLE }, null, '"[]"'].map((other) => [other, "not a JSON list"] as const),
    [[{ arnLike: ROLE, notAfter: PAST, note: 1 }], `entry 1: unknown key "note": ${KEYS}`],
    [[{ arnLike: ROLE }, null], "entry 2: not a JSON object"],
    [
      [{ arnLike: ROLE }, { arnLike: ROLE, note: 1 }, null],
      `entry 2: unknown key "note": ${KEYS}`,
      2,
    ],
  ] as const) {
    for (const identity of EVERY.filter(({ accountId }) => accountId === HOME)) {
      const found = judge("deny-account", value, { identity });
      assert.deepEqual([found.verdict, found.invalidCount], [{ kind: "invalid", problem }, count]);
    }
  }
});
