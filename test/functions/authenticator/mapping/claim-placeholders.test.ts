// Placeholders of claims: where a username may contain them, and where they are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { templateProblem } from "../../../../functions/authenticator/mapping/template.ts";

const CHOSEN = ["{PrincipalTag:team}", "{SourceIdentity}"];

test("a value that users can influence is refused in a group, without a prefix, and in a system: name", () => {
  for (const placeholder of CHOSEN) {
    assert.match(templateProblem(`aws:${placeholder}`, "group") ?? "", /, which is only for usernames$/);
    for (const username of [
      placeholder,
      `${placeholder}:x`,
      `aws-${placeholder}`,
      `{AccountID}:${placeholder}`,
      `aws:{AccountID}${placeholder}`,
      `system:${placeholder}`,
      `system:node:${placeholder}`,
    ]) {
      const problem = templateProblem(username, "username") ?? "";
      assert.match(
        problem,
        /, which must follow literal text that ends in ":" and does not begin with "system:"/,
        username,
      );
    }
  }
});

test("it is accepted in a username after literal text that ends in a colon", () => {
  for (const placeholder of CHOSEN) {
    for (const username of [`aws:${placeholder}`, `aws:${placeholder}:x`, `systems:${placeholder}`]) {
      assert.equal(templateProblem(username, "username"), undefined, username);
    }
  }
});

test("the user id of Identity Center, which AWS chooses, may be anywhere in a username, but not in a group", () => {
  for (const username of ["{IdentityStoreUserId}", "a-{IdentityStoreUserId}", "system:{IdentityStoreUserId}"]) {
    assert.equal(templateProblem(username, "username"), undefined, username);
  }
  assert.match(templateProblem("{IdentityStoreUserId}", "group") ?? "", /, which is only for usernames$/);
});

test("a tag's key has the characters of IAM, and other names are unknown", () => {
  const key = (text: string) => templateProblem(`aws:{PrincipalTag:${text}}`, "username");
  for (const good of ["team", "Cost Center", "a/b=c+d-e@f_g.h:i", "é", "x".repeat(128)])
    assert.equal(key(good), undefined);
  for (const bad of ["", "a*b", "a,b", "x".repeat(129)]) assert.match(key(bad) ?? "", /^an unknown placeholder/);
  for (const name of ["RequestTag:team", "principaltag:team", "sourceidentity"]) {
    assert.match(templateProblem(`aws:{${name}}`, "username") ?? "", /^an unknown placeholder/);
  }
});
