// The placeholders, where those of claims are allowed, their values, and that a value never becomes
// a template.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ADMIN_GROUPS,
  adminGroupsOf,
} from "../../../../functions/authenticator/mapping/admin-groups.ts";
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

const ALL = [
  "AccountID",
  "SessionName",
  "SessionNameRaw",
  "AccessKeyID",
  "EC2PrivateDNSName",
] as const;

function missing(placeholder: string): never {
  throw new Error(`no ${placeholder}`);
}

function render(template: string, values: Partial<Record<Placeholder, string>>): string {
  return renderTemplate(
    template,
    new Map(Object.entries(values) as [Placeholder, string][]),
    missing,
  );
}

const UNKNOWN =
  "an unknown placeholder: the placeholders are {AccountID}, {SessionName}, {SessionNameRaw}, {AccessKeyID}, {EC2PrivateDNSName}, {IdentityStoreUserId}, {SourceIdentity}, {PrincipalTag:<key>}";

const CHOSEN = ["{PrincipalTag:team}", "{SourceIdentity}"];
const FREE = "{IdentityStoreUserId}";
const UNPREFIXED =
  ', which must follow literal text that ends in ":" and does not begin with "system:"';
const tag = (key: string) => `aws:{PrincipalTag:${key}}`;

/** By rule: the end of the problem, and templates that have it. For a username, or for a group. */
type Rule = readonly [
  title: string,
  problem: string | undefined,
  templates: readonly string[],
  key?: "group",
];
// biome-ignore format: a table
const RULES: readonly Rule[] = [
  [
    "a template can contain each of the five placeholders, and plain text",
    undefined,
    [...ALL.map((name) => `a:{${name}}/b`), "", "plain", "system:node:x", "$1 $& %s \\0", "{AccountID}{SessionName}"],
  ],
  [
    "an unknown placeholder is an error, never literal text",
    UNKNOWN,
    [
      ...["{accountid}", "{AccountId}", "{UserName}", "{}", "{ AccountID}", "{AccountID }", "a{x}b", "{constructor}"],
      ...["{__proto__}", "{length}", ...["", "a*b", "a,b", "x".repeat(129)].map(tag), "aws:{RequestTag:team}"],
      ...["aws:{xPrincipalTag:team}", "aws:{principaltag:team}", "aws:{sourceidentity}"],
    ],
  ],
  ["a control character is an error: the function refuses the rendered name", "a control character", ["a\u001b", "\n", "{AccountID}\u0085", "\u2028x"]],
  ["a stray brace is an error", "a brace outside of a placeholder", ["{", "}", "}{", "{AccountID", "{AccountID}}"]],
  ["double braces, the syntax of aws-auth, are an error with a hint", "double braces: use single ones, such as {SessionName}", ["{{AccountID}}", "{{AccountID}", "dev:{{SessionName}}"]],
  ["only a tag is in a group, not another claim", ", which is only for usernames", ["aws:{SourceIdentity}", FREE, `aws:${FREE}`], "group"],
  ["a group may end in a tag, after literal text that ends in a colon", undefined, ["team:{PrincipalTag:team}", "a:b:{PrincipalTag:C C}", "access:edit:{PrincipalTag:ns}", "systems:{PrincipalTag:team}", "ä :{PrincipalTag:a}"], "group"],
  [
    "a tag is refused in a group without such text, with more text, with another placeholder, and after system:",
    ', which must end a group, after literal text that ends in ":" and does not begin with "system:", such as team:{PrincipalTag:team}',
    [
      ...["", ":", "team", "team-", "system:", "system:x:", "{AccountID}:", "a:{SessionName}:", "a:{PrincipalTag:team}:"].map((start) => `${start}{PrincipalTag:team}`),
      ...["a:{PrincipalTag:team}x", "a:{PrincipalTag:team}:x", "a:{PrincipalTag:team}{SessionName}"],
    ],
    "group",
  ],
  ["a group whose tag could make an administrator is refused", ", whose value could make it access:cluster-admin: use another prefix", ["access:{PrincipalTag:team}"], "group"],
  ["so is one of kubeadm", ", whose value could make it kubeadm:cluster-admins", ["kubeadm:{PrincipalTag:team}"], "group"],
  [
    "a value that users can influence is refused in a username without a prefix, and in a system: name",
    UNPREFIXED,
    CHOSEN.flatMap((name) => [
      ...[name, `${name}:x`, `aws-${name}`, `{AccountID}:${name}`, `aws:{AccountID}${name}`],
      ...[`system:${name}`, `system:node:${name}`],
    ]),
  ],
  ["it is accepted in a username after literal text that ends in a colon", undefined, CHOSEN.flatMap((name) => [`aws:${name}`, `aws:${name}:x`, `systems:${name}`])],
  ["the user id of Identity Center may be anywhere in a username", undefined, [FREE, `a-${FREE}`, `system:${FREE}`]],
  ["a tag's key has IAM's characters", undefined, ["team", "C C", "a/b=c+d-e@f_g.h:i", "é", "x".repeat(128)].map(tag)],
];

for (const [title, problem, templates, key = "username"] of RULES) {
  test(title, () => {
    for (const template of templates) {
      const found = templateProblem(template, key);
      if (problem === undefined || !problem.startsWith(",")) assert.equal(found, problem, template);
      else assert.ok(found?.includes(problem), `${template}: ${found}`);
    }
  });
}

test("users can influence the claims in a username except the user id, and each is named once", () => {
  const name = `${CHOSEN.join(":")}:${FREE}:{AccountID}:${CHOSEN[0]}`;
  assert.deepEqual(chosenPlaceholdersIn(name), ["PrincipalTag:team", "SourceIdentity"]);
});

test("the values come from the identity, and SessionName replaces every @ by -", () => {
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

test("groups that some value completes may be an administrators' group", () => {
  for (const [group, expected] of [
    ["system:masters", ["system:masters"]],
    ["access:{SessionName}", ["access:cluster-admin"]],
    ["access:cluster-{SessionNameRaw}", ["access:cluster-admin"]],
    ["kubeadm:{EC2PrivateDNSName}s", ["kubeadm:cluster-admins"]],
    ["{SessionName}:{PrincipalTag:a:b}", ADMIN_GROUPS],
    [
      "{SessionName}:cluster-admin{SessionName}",
      ["access:cluster-admin", "kubeadm:cluster-admins"],
    ],
    // No value has a colon, and those of these have no lower-case letter.
    ...["{SessionName}", "{AccountID}:masters", "access:{AccountID}", "access:{AccessKeyID}"].map(
      (own) => [own, []] as const,
    ),
    // Text is compared exactly.
    ...[
      "access:*",
      "access:cluster-admi?",
      "access:cluster-admin:{SessionName}",
      "Access:{SessionName}",
      "",
      "x",
    ].map((own) => [own, []] as const),
  ] as const)
    assert.deepEqual(adminGroupsOf(group), expected, group);
});

test("usesPlaceholder compares complete names", () => {
  assert.ok(usesPlaceholder(["x", "system:node:{EC2PrivateDNSName}"], "EC2PrivateDNSName"));
  assert.ok(!usesPlaceholder(["{SessionNameRaw}", "SessionName"], "SessionName"));
});

test("a value is never a template, nor a pattern of a replacement", () => {
  assert.equal(render("{SessionName}ID}", { SessionName: "{Account" }), "{AccountID}");
  const value = "$&{AccountID}$1 $$";
  const rendered = render("$1{SessionName}:{AccountID}{SessionName}", {
    SessionName: value,
    AccountID: "1",
  });
  assert.equal(rendered, `$1${value}:1${value}`);
});
