// The ARN of a mapping: kinds of principals, paths, case, and comparison with an identity.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { isArnOf, parseMappedArn } from "../../../../functions/authenticator/mapping/arn.ts";
import { HOME, OTHER, roleIdentity, verified } from "../fixtures.ts";

function matches(arn: string, identity = verified("bob")): boolean {
  const mapped = parseMappedArn(arn);
  return mapped !== undefined && isArnOf(mapped, identity);
}

test("a path in a role's or a user's ARN is ignored, since names are unique in an account", () => {
  for (const path of ["", "team/", "a/b/c/", "aws-reserved/sso.amazonaws.com/eu-west-1/"]) {
    assert.ok(matches(`arn:aws:iam::${HOME}:role/${path}Developers`), path);
    assert.ok(matches(`arn:aws:iam::${HOME}:user/${path}alice`, verified("alice")), path);
  }
});

test("the name is the last part of a path", () => {
  assert.ok(!matches(`arn:aws:iam::${HOME}:role/Developers/x`));
  assert.ok(!matches(`arn:aws:iam::${HOME}:role/xDevelopers`));
  assert.ok(!matches(`arn:aws:iam::${HOME}:user/engineering`, verified("alice")));
});

test("the ARN of a role or a user ignores case", () => {
  assert.ok(matches(`arn:aws:iam::${HOME}:role/dEVELOPERS`));
  assert.ok(matches(`ARN:AWS:IAM::${HOME}:ROLE/Developers`));
  assert.ok(matches(`arn:aws:iam::${HOME}:user/ALICE`, verified("alice")));
  assert.ok(matches(`arn:aws:iam::${HOME}:ROOT`, verified("root")));
});

test("the ARN of a federated user must match exactly", () => {
  assert.ok(matches(`arn:aws:sts::${HOME}:federated-user/dave`, verified("federated")));
  for (const arn of [`arn:aws:sts::${HOME}:federated-user/Dave`, `ARN:aws:sts::${HOME}:federated-user/dave`]) {
    assert.ok(!matches(arn, verified("federated")), arn);
  }
});

test("another account, partition, kind or name is another principal", () => {
  assert.ok(!matches(`arn:aws:iam::${OTHER}:role/Developers`));
  assert.ok(!matches(`arn:aws-cn:iam::${HOME}:role/Developers`));
  assert.ok(!matches(`arn:aws-us-gov:iam::${HOME}:role/Developers`));
  assert.ok(!matches(`arn:aws:iam::${HOME}:user/Developers`));
  assert.ok(!matches(`arn:aws:iam::${HOME}:role/Developer`));
  assert.ok(!matches(`arn:aws:iam::${HOME}:root`, verified("alice")));
  assert.ok(!matches(`arn:aws:iam::${HOME}:user/x`, roleIdentity("x")));
  assert.ok(!matches(`arn:aws:iam::${HOME}:role/dave`, verified("federated")));
});

test("an ARN matches only in its partition", () => {
  for (const partition of ["aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"]) {
    const Arn = `arn:${partition}:sts::${HOME}:assumed-role/Developers/s`;
    const identity = verifyIdentity({ Account: HOME, Arn, UserId: "AROAX:s" }, partition, "A");
    assert.ok(matches(`arn:${partition}:iam::${HOME}:role/Developers`, identity));
    assert.ok(!matches(`arn:aws:iam::${HOME}:role/Developers`, identity));
  }
});

test("only the ARN of an IAM principal can be mapped", () => {
  for (const arn of [
    ...["", "Developers", "role/Developers", "arn:aws:iam", `arn:aws:iam::${HOME}`, `arn:aws:iam::${HOME}:`],
    ...[`arn:aws:iam::${HOME}:role/`, `arn:aws:iam::${HOME}:role`, `arn:aws:iam::${HOME}:group/Developers`],
    ...[`arn:aws:sts::${HOME}:assumed-role/Developers/s`, `arn:aws:sts::${HOME}:role/Developers`],
    ...[`arn:aws:iam::${HOME}:federated-user/dave`, `arn:aws:iam::${HOME}:root/x`, `arn:aws:sts::${HOME}:root`],
    ...["arn:aws:iam::1111:role/Developers", "arn:aws:iam::*:role/Developers", "arn:aws:iam:::role/Developers"],
    ...[`arn:aws:iam:us-east-1:${HOME}:role/Developers`, ` arn:aws:iam::${HOME}:role/Developers`],
    ...[`arn:aws:iam::${HOME}:role/Dev*`, `arn:aws:iam::${HOME}:role/Dev elopers`, `arn:aws:iam::${HOME}:role/a\n`],
    ...[`arn:aws:iam::${HOME}:role/{SessionName}`, `arn:aws:iam::${HOME}:role/D\u00e9veloppeurs`],
    `https://x/arn:aws:iam::${HOME}:role/Developers`,
  ]) {
    assert.equal(parseMappedArn(arn), undefined, arn);
  }
});

test("a non-ASCII letter whose lower case is an ASCII letter does not match that letter", () => {
  assert.equal(parseMappedArn(`arn:aws:iam::${HOME}:role/\u212aing`), undefined);
});
