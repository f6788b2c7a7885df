// The strict schema of a mapping's value, by key and by kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMapping, type MappingKind } from "../../../../functions/authenticator/mapping/mapping.ts";
import { parseStored } from "../../../../functions/lib/repeated-keys.ts";

const ROLE = { arn: "arn:aws:iam::111122223333:role/Developers", username: "dev" };
const PATTERN = { arnLike: "arn:aws:iam::111122223333:role/*", username: "dev" };
/** The minimal valid value of each kind. */
const LEAST: Readonly<Record<MappingKind, Readonly<Record<string, unknown>>>> = {
  role: ROLE,
  user: { arn: "arn:aws:iam::111122223333:user/alice", username: "alice" },
  root: { arn: "arn:aws:iam::111122223333:root", username: "root" },
  "federated-user": { arn: "arn:aws:sts::111122223333:federated-user/dave", username: "dave" },
  sso: { username: "sso" },
  "sso-session": { session: "jane@example.com", username: "jane" },
  pattern: PATTERN,
  account: {},
};
const KINDS = Object.keys(LEAST) as MappingKind[];

function problem(value: unknown, kind: MappingKind = "role"): string | undefined {
  const check = checkMapping(value, kind);
  return check.valid ? undefined : check.problem;
}

test("the minimal value of each kind is valid, and is returned unchanged", () => {
  for (const kind of KINDS) assert.deepEqual(checkMapping(LEAST[kind], kind), { valid: true, mapping: LEAST[kind] });
});

test("groups, notAfter and a description are optional for every kind", () => {
  const more = { groups: ["a", "b"], notAfter: "2026-12-31T00:00:00Z", description: "any {text}\n" };
  for (const kind of KINDS) assert.equal(problem({ username: "x", ...LEAST[kind], ...more }, kind), undefined, kind);
});

test("deny is an unknown key in every kind, and its problem is reported before all others", () => {
  for (const kind of KINDS) {
    const { username: _, ...rest } = LEAST[kind];
    for (const value of [
      { ...rest, deny: true },
      { username: "x", ...LEAST[kind], deny: false },
      { note: 1, username: 1, deny: null },
      parseStored('{"deny":true,"deny":false}'),
    ]) {
      assert.equal(
        problem(value, kind),
        'unknown key "deny": only deny lists deny. Add the identity to one (mappings deny), then delete this key or the mapping',
      );
    }
  }
});

test("a value that is not a JSON object is invalid", () => {
  for (const value of [null, true, 0, 1, "", "text", [], [ROLE]]) {
    for (const kind of KINDS) assert.equal(problem(value, kind), "not a JSON object");
  }
});

test("an unknown key is invalid, even if only its case differs", () => {
  for (const key of ["Username", "rolearn", "group", "roleARN", "", "__proto__", "constructor", "note"]) {
    for (const kind of KINDS) {
      const value: unknown = JSON.parse(JSON.stringify({ ...LEAST[kind], X: 1 }).replace('"X"', JSON.stringify(key)));
      const expected = `unknown key ${JSON.stringify(key)}: the keys are `;
      assert.ok(problem(value, kind)?.startsWith(expected), `${kind} ${key}`);
    }
  }
});

test("arn is a key of role, user, root and federated-user, arnLike of a pattern, session of an sso-session entry", () => {
  for (const kind of KINDS) {
    const wantsArn = ["role", "user", "root", "federated-user"].includes(kind);
    assert.equal(problem({ ...LEAST[kind], arn: ROLE.arn }, kind) === undefined, wantsArn, kind);
    assert.equal(problem({ ...LEAST[kind], arnLike: PATTERN.arnLike }, kind) === undefined, kind === "pattern", kind);
    const wantsSession = kind === "sso-session";
    assert.equal(problem({ ...LEAST[kind], session: "jane" }, kind) === undefined, wantsSession, kind);
    if (kind !== "account" && kind !== "sso") assert.notEqual(problem({ username: "x" }, kind), undefined, kind);
  }
});

test("an arn or arnLike that is not one is invalid", () => {
  for (const arn of [undefined, null, 1, "", [], {}, "Developers", "arn:aws:sts::111122223333:assumed-role/R/s"]) {
    const expected = `arn must be the ARN of an IAM role, user, federated user or root, not ${JSON.stringify(arn)}`;
    assert.equal(problem({ ...ROLE, arn }), expected);
  }
  for (const arnLike of [undefined, null, 1, []]) {
    assert.match(problem({ ...PATTERN, arnLike }, "pattern") ?? "", /^arnLike must be an ARN pattern, not /);
  }
  for (const arnLike of ["", "*", "arn:*"]) {
    assert.match(problem({ ...PATTERN, arnLike }, "pattern") ?? "", /^arnLike must be an ARN pattern of six sections/);
  }
});

test("a session is a session name of 1 to 64 characters", () => {
  const of = (session: unknown) => problem({ session, username: "x" }, "sso-session");
  for (const session of ["jane@example.com", "A+=,.@-_z", "s", "j".repeat(64)]) assert.equal(of(session), undefined);
  for (const session of ["j".repeat(65), "", "jane doe", "jane*", "a/b", "jane\n", "j\u00e4ne", null, 1, ["jane"]]) {
    const expected = `session must be a session name of 1 to 64 characters, not ${JSON.stringify(session)}`;
    assert.equal(of(session)?.slice(0, 60), expected.slice(0, 60));
  }
});

test("principalId is a key of role and user, and must be of that kind", () => {
  for (const kind of KINDS) {
    for (const principalId of ["AROAEXAMPLE", "AIDAEXAMPLE"]) {
      const fits = (kind === "role" && principalId[1] === "R") || (kind === "user" && principalId[1] === "I");
      assert.equal(problem({ ...LEAST[kind], principalId }, kind) === undefined, fits, `${kind} ${principalId}`);
    }
  }
  for (const principalId of [null, 1, "", "AROA", "aroaexample", "AROAX:s", "AROA*", " AROAX", "AROAX\n", ["AROAX"]]) {
    assert.match(
      problem({ ...ROLE, principalId }) ?? "",
      /^principalId must be the unique id of a role \(AROA\.\.\.\), not /,
    );
  }
});

test("each key has its type", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    username: [null, 1, true, "", ["dev"], {}],
    groups: [null, "developers", {}, [1], [null], ["a", ""], [["a"]]],
    description: [null, 1, ["text"], {}],
    notAfter: [null, 0, 1_800_000_000, "", [], {}],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values) {
      for (const kind of KINDS) {
        const found = problem({ username: "x", ...LEAST[kind], [key]: value }, kind);
        assert.ok(found?.startsWith(`${key} must be `), `${kind} ${key} ${JSON.stringify(value)}: ${found}`);
        assert.ok(found?.endsWith(`, not ${JSON.stringify(value)}`), found);
      }
    }
  }
});

test("notAfter is RFC 3339 with Z, and an existing time", () => {
  for (const notAfter of ["2026-12-31T00:00:00Z", "2028-02-29T23:59:59.999Z", "2026-01-01T00:00:00.123456789Z"]) {
    assert.equal(problem({ ...ROLE, notAfter }), undefined, notAfter);
  }
  for (const notAfter of [
    ...["2026-12-31", "2026-12-31T00:00:00", "2026-12-31T00:00:00+00:00", "2026-12-31T00:00Z", "2026-12-31 00:00:00Z"],
    ...["2026-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z"],
    ...["2026-01-01T24:00:00Z", "2026-01-01T23:60:00Z", "2026-06-30T23:59:60Z", "2026-12-31T00:00:00.Z"],
    ...["tomorrow", "1800000000", " 2026-12-31T00:00:00Z", "2026-12-31T00:00:00Z\n", "+002026-12-31T00:00:00Z"],
  ]) {
    assert.match(problem({ ...ROLE, notAfter }) ?? "", /^notAfter/, notAfter);
  }
});

test("username is required except for account", () => {
  for (const kind of KINDS) {
    const { username: _, ...rest } = LEAST[kind];
    const expected = kind === "account" ? undefined : "username is missing";
    assert.equal(problem(rest, kind), expected, kind);
  }
});

test("an account with groups and no username is invalid", () => {
  for (const groups of [["view"], []]) assert.equal(problem({ groups }, "account"), "groups require a username");
  assert.equal(problem({ groups: ["view"], username: "all:{SessionName}" }, "account"), undefined);
});

test("an unknown placeholder or a stray brace is invalid in username and in each group", () => {
  for (const template of [
    "{Unknown}",
    "{sessionname}",
    "{}",
    "{{SessionName}}",
    "a{",
    "}a",
    "{SessionName",
    "{ SessionName }",
  ]) {
    const told = `${JSON.stringify(template)} has ${template.includes("{{") ? "double braces" : "a"}`;
    assert.ok(problem({ ...ROLE, username: template })?.startsWith(`username ${told}`), template);
    assert.ok(problem({ ...ROLE, groups: ["good", template] })?.startsWith(`group ${told}`), template);
    assert.ok(problem({ username: template }, "account")?.startsWith(`username ${told}`), template);
  }
});
