// Placeholders of claims: where a username may contain them, and where they are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenPlaceholdersIn } from "../../../../functions/authenticator/mapping/claim-placeholders.ts";
import { templateProblem } from "../../../../functions/authenticator/mapping/template.ts";

const CHOSEN = ["{PrincipalTag:team}", "{SourceIdentity}"];
const FREE = "{IdentityStoreUserId}";
const GROUP = /, which is only for usernames$/;
const PREFIX = /, which must follow literal text that ends in ":" and does not begin with "system:"/;
const UNKNOWN = /^an unknown placeholder/;
const tag = (key: string) => `aws:{PrincipalTag:${key}}`;

/** The problem, `/^$/` for none, of templates for a username or a group. */
const RULES: Readonly<Record<string, readonly [problem: RegExp, key: "username" | "group", templates: string[]]>> = {
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
    UNKNOWN,
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

for (const [title, [problem, key, templates]] of Object.entries(RULES)) {
  test(title, () => {
    for (const template of templates) assert.match(templateProblem(template, key) ?? "", problem, template);
  });
}

test("users can influence the claims in a username except the user id, and each is named once", () => {
  const name = `${CHOSEN.join(":")}:${FREE}:{AccountID}:${CHOSEN[0]}`;
  assert.deepEqual(chosenPlaceholdersIn(name), ["PrincipalTag:team", "SourceIdentity"]);
});
