// Deny lists, rule by rule: the identities that an entry denies, and the effect of an invalid list.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { checkDenyEntry } from "../../../../functions/authenticator/mapping/deny-list.ts";
import { evaluateDenyList } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { readStored } from "../../../../functions/authenticator/read-stored.ts";
import { HOME, NOW, OTHER, roleIdentity, verified } from "../fixtures.ts";

const ROLE = `arn:aws:iam::${HOME}:role/Developers`;
const bob = verified("bob");
const alice = verified("alice");

/** The list of the identity's account. */
function judge(list: unknown, identity = bob, { now = NOW, secure = false, account = identity.accountId } = {}) {
  const value = typeof list === "string" ? list : JSON.stringify(list);
  return evaluateDenyList({ value, secure }, { account, partition: "aws" }, identity, now);
}

function denies(arnLike: string, identity = bob): boolean {
  const { verdict } = judge([{ arnLike }], identity, { account: "any" });
  assert.notEqual(verdict.kind, "invalid", JSON.stringify(verdict));
  return verdict.kind === "deny";
}

function problem(value: unknown): string {
  const check = checkDenyEntry(value, {});
  assert.ok(!check.valid, `${JSON.stringify(value)} is valid`);
  return check.problem;
}

test("a missing and an empty list deny no identity", () => {
  assert.deepEqual(evaluateDenyList(undefined, {}, bob, NOW), { verdict: { kind: "nothing" }, invalidCount: 0 });
  assert.deepEqual(judge([]), { verdict: { kind: "nothing" }, invalidCount: 0 });
});

test("an entry has arnLike, and optionally notAfter and a description", () => {
  const entry = { arnLike: ROLE, notAfter: "2027-01-01T00:00:00Z", description: "ticket 4711" };
  assert.deepEqual(checkDenyEntry(entry, {}), { valid: true, entry });
  assert.deepEqual(checkDenyEntry({ arnLike: ROLE }, {}), { valid: true, entry: { arnLike: ROLE } });
});

test("an entry matches the canonical ARN", () => {
  assert.ok(denies(ROLE) && denies(`arn:aws:iam::${HOME}:role/Dev*`) && denies("arn:aws:iam::*:role/?evelopers"));
  assert.ok(!denies(`arn:aws:iam::${HOME}:role/Developer`) && !denies(`arn:aws:iam::${OTHER}:role/Developers`));
  assert.ok(!denies(`arn:aws:iam::${HOME}:user/Developers`));
  assert.ok(denies(`arn:aws:iam::${HOME}:root`, verified("root")) && !denies(`arn:aws:iam::${HOME}:root`));
  const dave = `arn:aws:sts::${HOME}:federated-user/dave`;
  assert.ok(denies(dave, verified("federated")) && !denies(`${dave}x`, verified("federated")));
});

test("a denial names the session if only the session is denied", () => {
  const jane = roleIdentity("Shared", "jane");
  const session = { arnLike: `arn:aws:sts::${HOME}:assumed-role/shared/j*` };
  const role = { arnLike: `arn:aws:iam::${HOME}:role/team/Shared` };
  assert.deepEqual(judge([session], jane).verdict, { kind: "deny", sessionArn: jane.arn });
  for (const list of [[role], [session, role], [role, session]]) {
    assert.deepEqual(judge(list, jane).verdict, { kind: "deny" });
  }
  const ended = { ...role, notAfter: "2020-01-01T00:00:00Z" };
  assert.deepEqual(judge([ended, session], jane).verdict, { kind: "deny", sessionArn: jane.arn });
  assert.deepEqual(judge([{ arnLike: `arn:aws:iam::${HOME}:user/alice` }], alice).verdict, { kind: "deny" });
});

test("an entry matches the ARN that STS returned: one session of a shared role is denied, the others are not", () => {
  const session = `arn:aws:sts::${HOME}:assumed-role/Shared/jane@example.com`;
  assert.ok(denies(session, roleIdentity("Shared", "jane@example.com")));
  assert.ok(!denies(session, roleIdentity("Shared", "john@example.com")));
  assert.ok(!denies(session, roleIdentity("Shared2", "jane@example.com")));
  assert.ok(!denies(session, roleIdentity("Shared", "jane@example.com", OTHER)));
  const all = `arn:aws:sts::${HOME}:assumed-role/*/jane@*`;
  assert.ok(denies(all, roleIdentity("Other", "jane@example.com")) && !denies(all, roleIdentity("Other", "john")));
});

test("an entry ignores case", () => {
  assert.ok(denies(ROLE.toUpperCase()) && denies(`arn:aws:iam::${HOME}:user/ALICE`, alice));
  assert.ok(denies(`arn:aws:sts::${HOME}:assumed-role/shared/JANE`, roleIdentity("Shared", "jane")));
});

test("a user's ARN matches with its path and without it", () => {
  assert.equal(alice.arn, `arn:aws:iam::${HOME}:user/engineering/alice`);
  for (const end of [
    "user/engineering/alice",
    "user/alice",
    "user/engineering/*",
    "user/al?ce",
    "user/*",
    "user/*/alice",
  ]) {
    assert.ok(denies(`arn:aws:iam::${HOME}:${end}`, alice), end);
  }
  for (const end of ["user/ops/*", "user/alic", "user/alice2", "user/engineering", "role/alice", "user/alice/bob"]) {
    assert.ok(!denies(`arn:aws:iam::${HOME}:${end}`, alice), end);
  }
});

test("a user's ARN without wildcard matches by name, whatever path it has", () => {
  for (const path of ["", "engineering/", "old/place/", "a!b/", "a:b/"]) {
    assert.ok(denies(`arn:aws:iam::${HOME}:user/${path}alice`, alice), path);
    assert.ok(!denies(`arn:aws:iam::${OTHER}:user/${path}alice`, alice), path);
    assert.ok(!denies(`arn:aws:iam::${HOME}:user/${path}alice2`, alice), path);
  }
});

test("a role's ARN without wildcard matches by name, whatever path it has", () => {
  for (const path of ["", "team/", "aws-reserved/sso.amazonaws.com/eu-west-1/"]) {
    assert.ok(denies(`arn:aws:iam::${HOME}:role/${path}Developers`), path);
    assert.ok(!denies(`arn:aws:iam::${HOME}:role/${path}Developer`), path);
    assert.ok(!denies(`arn:aws:iam::${HOME}:role/${path}Developers`, roleIdentity("Developers", "s", OTHER)), path);
  }
});

test("an entry expires at notAfter, and not a millisecond before", () => {
  const list = [{ arnLike: ROLE, notAfter: new Date(NOW).toISOString() }];
  assert.equal(judge(list, bob, { now: NOW - 1 }).verdict.kind, "deny");
  assert.equal(judge(list, bob, { now: NOW }).verdict.kind, "nothing");
  assert.equal(judge([...list, { arnLike: ROLE }], bob, { now: NOW }).verdict.kind, "deny");
});

test("an unknown key is invalid and named: an entry has no deny, groups or arn", () => {
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
    assert.equal(problem(value), `unknown key ${JSON.stringify(key)}: the keys are arnLike, notAfter, description`);
  }
});

test("a key of a wrong type is invalid, and the message has its value", () => {
  assert.equal(problem({}), "arnLike must be an ARN pattern, not undefined");
  assert.equal(problem({ arnLike: 1 }), "arnLike must be an ARN pattern, not 1");
  for (const notAfter of [null, 1, "tomorrow", "2026-12-31", "2026-02-30T00:00:00Z"]) {
    assert.match(problem({ arnLike: ROLE, notAfter }), /^notAfter must be a time like 2026-12-31T00:00:00Z, not /);
  }
  assert.equal(problem({ arnLike: ROLE, description: ["x"] }), 'description must be a string, not ["x"]');
  for (const value of [null, 1, "text", [], [{ arnLike: ROLE }]]) assert.equal(problem(value), "not a JSON object");
});

test("an entry for another account than its list's denies every identity that the list covers", () => {
  const foreign = { arnLike: `arn:aws:iam::${OTHER}:role/x` };
  for (const list of [[foreign], [{ arnLike: ROLE }, foreign], [{ ...foreign, notAfter: "2020-01-01T00:00:00Z" }]]) {
    for (const identity of [bob, alice, verified("root")]) {
      const { verdict, invalidCount } = judge(list, identity);
      assert.deepEqual([verdict.kind, invalidCount], ["invalid", 1]);
    }
  }
  const entry = `arnLike ${JSON.stringify(foreign.arnLike)} can never match: this list covers account ${HOME} of partition aws only`;
  assert.deepEqual(judge([{ arnLike: ROLE }, foreign]).verdict, { kind: "invalid", problem: `entry 2: ${entry}` });
  assert.deepEqual(judge([foreign], bob, { account: "any" }).verdict, { kind: "nothing" });
});

test("an entry for another partition than the function's denies every identity that the list covers, in any list", () => {
  const foreign = { arnLike: ROLE.replace("arn:aws:", "arn:aws-cn:") };
  for (const account of [HOME, "any"]) {
    const { verdict, invalidCount } = judge([{ arnLike: `arn:aws:iam::${HOME}:user/x` }, foreign], bob, { account });
    const problem = `entry 2: arnLike "${foreign.arnLike}" can never match: this list covers account ${account} of partition aws only`;
    assert.deepEqual([verdict, invalidCount], [{ kind: "invalid", problem }, 1]);
  }
});

test("an entry whose wildcard matches the account or partition is valid", () => {
  for (const start of ["arn:aws:iam::1111*", "arn:aws:iam::*", "arn:a*:iam::111122223333", "arn:*:*::11112222333?"]) {
    assert.equal(judge([{ arnLike: `${start}:user/x` }]).verdict.kind, "nothing", start);
  }
  for (const start of ["arn:aws:iam::4444*", "arn:aws-*:iam::111122223333", "arn:aws:iam::11112222333?2"]) {
    assert.equal(judge([{ arnLike: `${start}:user/x` }]).verdict.kind, "invalid", start);
  }
});

test("an entry that can never match is invalid", () => {
  for (const arnLike of [
    ...["*", "arn:*", "Developers", "", `arn:aws:iam::${HOME}:role/team/*`, `arn:aws:iam::${HOME}:role/*/Developers`],
    ...[`arn:aws:iam::${HOME}:role`, `arn:aws:iam::${HOME}:group/admins`, `arn:aws:sts::${HOME}:assumed-role/Dev`],
    ...[`arn:aws:sts::${HOME}:assumed-role/team/Dev/s`, `arn:aws:iam::${HOME}:assumed-role/Dev/s`],
    ...[`arn:asw:iam::${HOME}:role/Dev`, "arn:aws:iam::1111:role/Dev", `arn:aws:iam:eu-west-1:${HOME}:role/Dev`],
    ...[`arn:aws:iam::${HOME}:role/Dev\n`, `arn:aws:iam::${HOME}:role/a b`, `arn:aws:iam::${HOME}:role/`],
  ]) {
    assert.match(
      problem({ arnLike }),
      /^arnLike (must be an ARN pattern of six sections|".*" can never match)/,
      arnLike,
    );
  }
});

const SPOILT: Readonly<Record<string, string>> = {
  "one trailing comma": `[{"arnLike": "arn:aws:iam::${OTHER}:role/x"},]`,
  "a list that is an object": `{"arnLike": "arn:aws:iam::${OTHER}:role/x"}`,
  'deny: "true"': `[{"arnLike": "arn:aws:iam::${OTHER}:role/x", "deny": "true"}]`,
  arnlike: `[{"arnlike": "arn:aws:iam::${OTHER}:role/x"}]`,
  "a truncated value": `[{"arnLike": "arn:aws:iam::${OTHER}:ro`,
  "an empty value": "",
  null: "null",
  "a text": '"[]"',
  "an entry that can never match": `[{"arnLike": "arn:aws:iam::${OTHER}:role/team/*"}]`,
  "an entry that is null": "[null]",
  "an invalid notAfter": `[{"arnLike": "arn:aws:iam::${OTHER}:role/x", "notAfter": "never"}]`,
};

for (const [name, value] of Object.entries(SPOILT)) {
  test(`an invalid list denies every identity that it covers: ${name}`, () => {
    for (const identity of [bob, alice, verified("root"), verified("federated")]) {
      const { verdict, invalidCount } = judge(value, identity);
      assert.deepEqual([verdict.kind, invalidCount], ["invalid", 1]);
    }
  });
}

test("a SecureString denies every identity, whatever its text", () => {
  for (const value of ["[]", "AQICAHg="]) {
    assert.deepEqual(judge(value, bob, { secure: true }), {
      verdict: { kind: "invalid", problem: "a SecureString: it must be of type String" },
      invalidCount: 1,
    });
  }
});

test("a value that is not a list denies every identity, and the problem says what it is", () => {
  for (const [value, problem] of [
    ["[", "not JSON"],
    ["{}", "not a JSON list"],
  ] as const) {
    assert.deepEqual(judge(value), { verdict: { kind: "invalid", problem }, invalidCount: 1 });
  }
});

test("an invalid entry denies every identity, even if another entry matches or it has expired", () => {
  assert.equal(judge([{ arnLike: ROLE }, { arnLike: ROLE, note: 1 }]).verdict.kind, "invalid");
  assert.equal(judge([{ arnLike: ROLE, notAfter: "2020-01-01T00:00:00Z", note: 1 }]).verdict.kind, "invalid");
});

test("each invalid entry is counted, and the first one is named", () => {
  const { verdict, invalidCount } = judge([{ arnLike: ROLE }, { arnLike: ROLE, note: 1 }, null]);
  assert.equal(invalidCount, 2);
  assert.deepEqual(verdict, {
    kind: "invalid",
    problem: 'entry 2: unknown key "note": the keys are arnLike, notAfter, description',
  });
});

test("a list is checked completely, and its entries are returned in order", () => {
  const entries = [{ arnLike: ROLE }, { arnLike: `arn:aws:iam::${HOME}:user/*`, description: "all" }];
  const read = readStored("deny", {}, { value: JSON.stringify(entries), secure: false });
  assert.deepEqual(
    read.entries,
    entries.map((value) => ({ value, problem: undefined })),
  );
});

test("every identity can be denied by some entry", () => {
  for (const name of ["bob", "alice", "carol", "root", "federated", "node"]) {
    const identity = verified(name);
    assert.ok(denies(identity.canonicalArn, identity) && denies(identity.arn, identity), name);
    assert.ok(denies(`arn:aws:*::${identity.accountId}:*`, identity), name);
  }
  const odd = { Account: HOME, Arn: `arn:aws:iam::${HOME}:user/a*b/c?d/x+=,.@-_y`, UserId: "AIDAX" };
  const identity = verifyIdentity(odd, "aws", "A");
  assert.ok(denies(`arn:aws:iam::${HOME}:user/x+=,.@-_y`, identity) && denies(odd.Arn, identity));
});
