// The placeholders, where those of claims are allowed, their values, and that a value never becomes a template.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chosenPlaceholdersIn } from "../../../../functions/authenticator/mapping/claim-placeholders.ts";
import {
  type Placeholder,
  placeholderValues,
  renderTemplate,
  SESSION_PLACEHOLDERS,
  templateProblem,
  usesPlaceholder,
} from "../../../../functions/authenticator/mapping/template.ts";
import { HOME, roleIdentity, verified } from "../fixtures.ts";

const ALL = ["AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"] as const;

function missing(placeholder: string): never {
  throw new Error(`no ${placeholder}`);
}

function render(template: string, values: Partial<Record<Placeholder, string>>): string {
  return renderTemplate(template, new Map(Object.entries(values) as [Placeholder, string][]), missing);
}

const UNKNOWN =
  "an unknown placeholder: the placeholders are {AccountID}, {SessionName}, {SessionNameRaw}, {AccessKeyID}, {EC2PrivateDNSName}, {IdentityStoreUserId}, {SourceIdentity}, {PrincipalTag:<key>}";

/** By rule: the problem, and templates that have it. */
const PROBLEMS: Readonly<Record<string, readonly [problem: string | undefined, templates: readonly string[]]>> = {
  "a template can contain each of the five placeholders, and plain text": [
    undefined,
    [...ALL.map((name) => `a:{${name}}/b`), "", "plain", "system:node:x", "$1 $& %s \\0", "{AccountID}{SessionName}"],
  ],
  "an unknown placeholder is an error, never literal text": [
    UNKNOWN,
    [
      ...["{accountid}", "{AccountId}", "{UserName}", "{}", "{ AccountID}", "{AccountID }", "a{x}b"],
      ...["{constructor}", "{toString}", "{__proto__}", "{length}"],
    ],
  ],
  "a control character is an error: the function refuses the rendered name": [
    "a control character",
    ["a\u001b", "\n", "{AccountID}\u0085", "\u2028x"],
  ],
  "a stray brace is an error": [
    "a brace outside of a placeholder",
    ["{", "}", "}{", "{AccountID", "AccountID}", "{AccountID}}"],
  ],
  "double braces, the syntax of aws-auth, are an error with a hint": [
    "double braces: use single ones, such as {SessionName}",
    ["{{AccountID}}", "{{AccountID}", "dev:{{SessionName}}"],
  ],
};

for (const [rule, [problem, templates]] of Object.entries(PROBLEMS)) {
  test(rule, () => {
    for (const template of templates) assert.equal(templateProblem(template, "username"), problem, template);
  });
}

test("the values come from the identity: SessionName replaces every @ by -, and no identity has a node's name", () => {
  const session = (name: string, raw: string) => ({ SessionName: name, SessionNameRaw: raw });
  for (const [identity, more] of [
    [verified("bob"), session("bob-example.com", "bob@example.com")],
    [roleIdentity("R", "a@b@c=d+e"), session("a-b-c=d+e", "a@b@c=d+e")],
    ...["alice", "root", "federated"].map((who) => [verified(who), {}] as const),
  ] as const) {
    const expected = { AccountID: HOME, AccessKeyID: identity.accessKeyId, ...more };
    assert.deepEqual(Object.fromEntries(placeholderValues(identity)), expected);
  }
  assert.equal(placeholderValues(verified("node")).has("EC2PrivateDNSName"), false);
  assert.deepEqual(SESSION_PLACEHOLDERS, ALL.slice(1), "an AWS-signed token has the account");
});

test("usesPlaceholder compares complete names", () => {
  assert.ok(usesPlaceholder(["x", "system:node:{EC2PrivateDNSName}"], "EC2PrivateDNSName"));
  assert.ok(!usesPlaceholder(["{SessionNameRaw}", "SessionName"], "SessionName"));
});

test("a value that looks like a placeholder stays text: one pass, never re-expanded", () => {
  assert.equal(render("{SessionName}ID}", { SessionName: "{Account" }), "{AccountID}");
});

test("a placeholder without a value is reported, and nothing is rendered", () => {
  assert.throws(() => render("{AccountID}{SessionName}", { AccountID: "1" }), /^Error: no SessionName$/);
});

test("rendering is the concatenation of texts and values", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "$", "&", "1", ":", "-"), maxLength: 5 });
  const value = fc.oneof(fc.string(), fc.constantFrom("{AccountID}", "{SessionName}", "$&", "{", "}"));
  const part = fc.oneof(
    text.map((t) => ({ template: t, name: undefined })),
    fc.constantFrom(...ALL).map((name) => ({ template: `{${name}}`, name })),
  );
  const values = fc.record(Object.fromEntries(ALL.map((name) => [name, value])) as Record<Placeholder, typeof value>);
  fc.assert(
    fc.property(fc.array(part), values, (parts, known) => {
      const template = parts.map((p) => p.template).join("");
      assert.equal(templateProblem(template, "username"), undefined);
      const expected = parts.map((p) => (p.name === undefined ? p.template : known[p.name])).join("");
      assert.equal(render(template, known), expected);
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

const CHOSEN = ["{PrincipalTag:team}", "{SourceIdentity}"];
const FREE = "{IdentityStoreUserId}";
const GROUP = /, which is only for usernames$/;
const PREFIX = /, which must follow literal text that ends in ":" and does not begin with "system:"/;
const tag = (key: string) => `aws:{PrincipalTag:${key}}`;

/** For claims: the problem, `/^$/` for none, of templates for a username or a group. */
const CLAIM_RULES: Readonly<
  Record<string, readonly [problem: RegExp, key: "username" | "group", templates: string[]]>
> = {
  "a claim is refused in a group": [GROUP, "group", [...CHOSEN.map((name) => `aws:${name}`), FREE]],
  "a value that users can influence is refused in a username without a prefix, and in a system: name": [
    PREFIX,
    "username",
    CHOSEN.flatMap((name) => [
      ...[name, `${name}:x`, `aws-${name}`, `{AccountID}:${name}`, `aws:{AccountID}${name}`],
      ...[`system:${name}`, `system:node:${name}`],
    ]),
  ],
  "it is accepted in a username after literal text that ends in a colon": [
    /^$/,
    "username",
    CHOSEN.flatMap((name) => [`aws:${name}`, `aws:${name}:x`, `systems:${name}`]),
  ],
  "the user id of Identity Center, which AWS chooses, may be anywhere in a username": [
    /^$/,
    "username",
    [FREE, `a-${FREE}`, `system:${FREE}`],
  ],
  "a tag's key has the characters of IAM": [
    /^$/,
    "username",
    ["team", "Cost Center", "a/b=c+d-e@f_g.h:i", "é", "x".repeat(128)].map(tag),
  ],
  "other keys and names are unknown": [
    /^an unknown placeholder/,
    "username",
    [
      ...["", "a*b", "a,b", "x".repeat(129)].map(tag),
      "aws:{RequestTag:team}",
      "aws:{xPrincipalTag:team}",
      "aws:{principaltag:team}",
      "aws:{sourceidentity}",
    ],
  ],
};

for (const [title, [problem, key, templates]] of Object.entries(CLAIM_RULES)) {
  test(title, () => {
    for (const template of templates) assert.match(templateProblem(template, key) ?? "", problem, template);
  });
}

test("users can influence the claims in a username except the user id, and each is named once", () => {
  const name = `${CHOSEN.join(":")}:${FREE}:{AccountID}:${CHOSEN[0]}`;
  assert.deepEqual(chosenPlaceholdersIn(name), ["PrincipalTag:team", "SourceIdentity"]);
});
