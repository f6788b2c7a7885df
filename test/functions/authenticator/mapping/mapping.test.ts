// The strict schema of a mapping's value, by key and by kind.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isParameterKind,
  kindsWhere,
  type MappingKind,
} from "../../../../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import { parseStored } from "../../../../functions/lib/json.ts";
import { quoted } from "../../../../functions/lib/text.ts";

const ROLE = { arn: "arn:aws:iam::111122223333:role/Developers", username: "dev" };
const PATTERN = { arnLike: "arn:aws:iam::111122223333:role/*", username: "dev" };
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
  const more = {
    groups: ["a", "b"],
    notAfter: "2026-12-31T00:00:00Z",
    description: "any {text}\n",
  };
  for (const kind of KINDS) {
    assert.deepEqual(checkMapping(LEAST[kind], kind), { valid: true, value: LEAST[kind] });
    assert.equal(problem({ username: "x", ...LEAST[kind], ...more }, kind), undefined, kind);
  }
});

test("deny is an unknown key in every kind, and its problem is reported before all others", () => {
  for (const kind of KINDS) {
    for (const value of [
      { ...LEAST[kind], username: undefined, deny: true },
      { username: "x", ...LEAST[kind], deny: false },
      { note: 1, username: 1, deny: null },
      parseStored('{"deny":true,"deny":false}'),
    ]) {
      const named = /^unknown key "deny": only deny lists deny\. .* \(mappings deny\), then /;
      assert.match(problem(value, kind) ?? "", named);
    }
  }
});

test("a value with an unknown or repeated key, or that is no object, is invalid", () => {
  for (const kind of KINDS) {
    for (const value of [null, true, 0, 1, "", "text", [], [ROLE]]) {
      assert.equal(problem(value, kind), "not a JSON object");
    }
    const twice = parseStored('{"username":"a","username":"b"}');
    assert.equal(problem(twice, kind), 'repeated key "username": use each key once');
    for (const key of [
      "Username",
      "rolearn",
      "group",
      "roleARN",
      "",
      "__proto__",
      "constructor",
      "note",
    ]) {
      const value: unknown = JSON.parse(
        JSON.stringify({ ...LEAST[kind], X: 1 }).replace('"X"', JSON.stringify(key)),
      );
      const expected = `unknown key ${JSON.stringify(key)}: the keys are `;
      assert.ok(problem(value, kind)?.startsWith(expected), `${kind} ${key}`);
    }
  }
});

test("each kind has its own key for the principal, and requires it", () => {
  for (const [key, value, kinds] of [
    ["arn", ROLE.arn, ["role", "user", "root", "federated-user"]],
    ["arnLike", PATTERN.arnLike, ["pattern"]],
    ["session", "jane", ["sso-session"]],
    ["principalId", "AROAEXAMPLE", ["role"]],
    ["principalId", "AIDAEXAMPLE", ["user"]],
  ] as const) {
    const having = KINDS.filter(
      (kind) => problem({ ...LEAST[kind], [key]: value }, kind) === undefined,
    );
    assert.deepEqual(having, kinds, key);
  }
  assert.deepEqual([...KINDS, "deny", "callers", "constructor"].filter(isParameterKind), [
    ...KINDS,
    "deny",
  ]);
  const all = kindsWhere(() => true);
  assert.deepEqual(all, [...KINDS, "deny"]);
  const without = KINDS.filter((kind) => problem({ username: "x" }, kind) === undefined);
  assert.deepEqual(without, ["sso", "account"]);
});

const ARN = "arn must be the ARN of an IAM role, user, federated user or root, not ";
const SIX = "arnLike must be an ARN pattern of six sections, not ";
const SESSION = "session must be a session name of 1 to 64 characters, not ";
const ID = "principalId must be the unique id of a role (AROA...), not ";
const TIME = "notAfter must be a time like 2026-12-31T00:00:00Z, not ";

/** The start of the problem, the kind, and values that have this problem. */
// biome-ignore format: a table
const WRONG: readonly (readonly [problem: string, kind: MappingKind, key: string, values: readonly unknown[]])[] = [
  [ARN, "role", "arn", [undefined, null, 1, "", [], {}, "Developers", "arn:aws:sts::111122223333:assumed-role/R/s"]],
  ["arnLike must be an ARN pattern, not ", "pattern", "arnLike", [undefined, null, 1, []]],
  [SIX, "pattern", "arnLike", ["", "*", "arn:*"]],
  [SESSION, "sso-session", "session", ["j".repeat(65), "", "j d", "jane*", "a/b", "jane\n", "j\u00e4", null, 1, ["j"]]],
  [ID, "role", "principalId", [null, 1, "", "AROA", "aroaexample", "AROAX:s", "AROA*", " AROAX", "AROA AROAX", "AROAX\n", ["AROAX"]]],
  ...KINDS.flatMap((kind) => [
    ["username must be a non-empty string, not ", kind, "username", [null, 1, true, "", ["dev"], {}]] as const,
    [
      "groups must be a list of non-empty strings, not ",
      kind,
      "groups",
      [null, "developers", {}, [1], [null], ["a", ""], [["a"]]],
    ] as const,
    ["description must be a string, not ", kind, "description", [null, 1, ["text"], {}]] as const,
    [TIME, kind, "notAfter", [null, 1_800_000_000, [], ["2026-12-31T00:00:00Z"], {}]] as const,
  ]),
];

for (const [expected, kind, key, values] of WRONG) {
  test(`${kind}: ${expected}...`, () => {
    for (const value of values) {
      const found = problem({ username: "x", ...LEAST[kind], [key]: value }, kind) ?? "";
      assert.ok(found.startsWith(expected + quoted(value)), found);
    }
  });
}

test("a session name of 1 to 64 characters is valid, and a day that does not exist is named", () => {
  for (const session of ["jane@example.com", "A+=,.@-_z", "s", "j".repeat(64)]) {
    assert.equal(problem({ session, username: "x" }, "sso-session"), undefined);
  }
  for (const text of ["tomorrow", "2026-12-31", "x2026-02-30"])
    assert.equal(problem({ ...ROLE, notAfter: text }), `${TIME}"${text}"`);
  assert.match(
    problem({ ...ROLE, notAfter: "2026-02-30T00:00:00Z" }) ?? "",
    /: 2026-02-30 does not exist$/,
  );
});

test("username is required except for account, where groups require it", () => {
  for (const kind of KINDS) {
    const { username: _, ...rest } = LEAST[kind];
    assert.equal(problem(rest, kind), kind === "account" ? undefined : "username is missing", kind);
  }
  for (const groups of [["view"], []])
    assert.equal(problem({ groups }, "account"), "groups require a username");
  assert.equal(problem({ groups: ["view"], username: "all:{SessionName}" }, "account"), undefined);
});

test("an unknown placeholder or a stray brace is invalid in username and in each group", () => {
  for (const [template, told] of [
    ["{Unknown}", "an unknown placeholder"],
    ["a{", "a brace outside"],
    ["{{SessionName}}", "double braces"],
  ] as const) {
    const expected = `${JSON.stringify(template)} has ${told}`;
    assert.ok(
      problem({ ...ROLE, username: template })?.startsWith(`username ${expected}`),
      template,
    );
    assert.ok(
      problem({ ...ROLE, groups: ["good", template] })?.startsWith(`group ${expected}`),
      template,
    );
    assert.ok(
      problem({ username: template }, "account")?.startsWith(`username ${expected}`),
      template,
    );
  }
});
