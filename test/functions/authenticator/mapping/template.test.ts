// The placeholders, their values, and that a value never becomes a template.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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
