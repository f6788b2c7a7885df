// The placeholders, their values, and that a value never becomes a template.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Placeholder,
  placeholderValues,
  renderTemplate,
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

test("a template can contain each of the five placeholders, and plain text", () => {
  for (const name of ALL) assert.equal(templateProblem(`a:{${name}}/b`, "username"), undefined, name);
  for (const text of ["", "plain", "system:node:x", "$1 $& %s \\{0\\}".replace(/[{}]/g, "")]) {
    assert.equal(templateProblem(text, "username"), undefined);
  }
  assert.equal(templateProblem("{AccountID}{SessionName}{AccountID}", "username"), undefined);
});

test("an unknown placeholder is an error, never literal text", () => {
  for (const template of ["{accountid}", "{AccountId}", "{UserName}", "{}", "{ AccountID}", "{AccountID }", "a{x}b"]) {
    assert.equal(templateProblem(template, "username"), UNKNOWN, template);
  }
  for (const name of ["constructor", "toString", "__proto__", "length"]) {
    assert.equal(templateProblem(`{${name}}`, "username"), UNKNOWN, name);
  }
});

test("a control character is an error: the function refuses the rendered name", () => {
  for (const text of ["a\u001b", "\n", "{AccountID}\u0085", "\u2028x"]) {
    assert.equal(templateProblem(text, "group"), "a control character", JSON.stringify(text));
  }
});

test("a stray brace is an error", () => {
  for (const template of ["{", "}", "}{", "{AccountID", "AccountID}", "{AccountID}}"]) {
    assert.equal(templateProblem(template, "username"), "a brace outside of a placeholder", template);
  }
});

test("double braces, the syntax of aws-auth, are an error with a hint", () => {
  for (const template of ["{{AccountID}}", "{{AccountID}", "dev:{{SessionName}}"]) {
    assert.match(templateProblem(template, "username") ?? "", /^double braces: .*\{SessionName\}$/, template);
  }
});

test("the account, the access key id and the session name come from the identity", () => {
  const { accessKeyId } = verified("bob");
  assert.deepEqual(Object.fromEntries(placeholderValues(verified("bob"))), {
    AccountID: HOME,
    AccessKeyID: accessKeyId,
    SessionName: "bob-example.com",
    SessionNameRaw: "bob@example.com",
  });
});

test("SessionName replaces every @ by -, and SessionNameRaw is unchanged", () => {
  const values = placeholderValues(roleIdentity("R", "a@b@c=d+e"));
  assert.equal(values.get("SessionName"), "a-b-c=d+e");
  assert.equal(values.get("SessionNameRaw"), "a@b@c=d+e");
});

test("an identity without session has no session name, and no identity has a node's name", () => {
  for (const name of ["alice", "root", "federated"]) {
    assert.deepEqual([...placeholderValues(verified(name)).keys()], ["AccountID", "AccessKeyID"]);
  }
  assert.equal(placeholderValues(verified("node")).has("EC2PrivateDNSName"), false);
});

test("usesPlaceholder compares complete names", () => {
  assert.ok(usesPlaceholder(["x", "system:node:{EC2PrivateDNSName}"], "EC2PrivateDNSName"));
  assert.ok(!usesPlaceholder(["{SessionNameRaw}", "SessionName"], "SessionName"));
});

test("every occurrence is rendered", () => {
  assert.equal(render("{AccountID}-{AccountID}:{SessionName}", { AccountID: "1", SessionName: "s" }), "1-1:s");
});

test("a value that looks like a placeholder stays text: one pass, never re-expanded", () => {
  const values = { SessionName: "{SessionNameRaw}", SessionNameRaw: "{AccountID}", AccountID: "1" };
  assert.equal(render("{SessionName} {SessionNameRaw} {AccountID}", values), "{SessionNameRaw} {AccountID} 1");
  assert.equal(render("{SessionName}ID}", { SessionName: "{Account" }), "{AccountID}");
});

test("a value that looks like a replacement pattern stays text", () => {
  for (const value of ["$&", "$1", "$$", "$`", "$'", "\\0"]) {
    assert.equal(render("a{SessionName}b", { SessionName: value }), `a${value}b`);
  }
});

test("a placeholder without a value is reported, and nothing is rendered", () => {
  assert.throws(() => render("{AccountID}{SessionName}", { AccountID: "1" }), /^Error: no SessionName$/);
});

test("rendering is the concatenation of texts and values, for 10,000 templates", () => {
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
    { numRuns: 10_000 },
  );
});
