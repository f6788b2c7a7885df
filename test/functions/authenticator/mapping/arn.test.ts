// The ARN of a mapping: kinds of principals, paths, case, and comparison with an identity.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isArnOf, parseMappedArn } from "../../../../functions/authenticator/mapping/arn.ts";
import { HOME, OTHER, roleIdentity, verified } from "../fixtures.ts";

function matches(arn: string, identity = verified("bob")): boolean {
  const mapped = parseMappedArn(arn);
  return mapped !== undefined && isArnOf(mapped, identity);
}

/** By identity: the ends of ARNs that are its own, with any path and case, and of other principals. */
const ARNS: readonly (readonly [who: string, own: readonly string[], others: readonly string[]])[] = [
  [
    "bob",
    [
      ...["", "team/", "a/b/c/", "aws-reserved/sso.amazonaws.com/eu-west-1/"].map((path) => `role/${path}Developers`),
      ...["role/dEVELOPERS", "ROLE/Developers"],
    ],
    ["role/Developers/x", "role/xDevelopers", "role/Developer", "user/Developers"],
  ],
  ["alice", ["user/alice", "user/team/alice", "user/a/b/c/alice", "user/ALICE"], ["user/engineering", "root"]],
  ["root", ["root", "ROOT"], ["user/root"]],
  ["federated", [], ["role/dave", "federated-user/dave"]],
];

test("an ARN matches by kind and name, in any case: a path is ignored, since names are unique in an account", () => {
  for (const [who, own, others] of ARNS) {
    for (const end of own) {
      assert.ok(matches(`arn:aws:iam::${HOME}:${end}`, verified(who)), end);
      assert.ok(matches(`ARN:AWS:IAM::${HOME}:${end}`, verified(who)), end);
      for (const start of [`arn:aws:iam::${OTHER}`, `arn:aws-cn:iam::${HOME}`, `arn:aws-us-gov:iam::${HOME}`]) {
        assert.ok(!matches(`${start}:${end}`, verified(who)), `${start}:${end}`);
      }
    }
    for (const end of others) assert.ok(!matches(`arn:aws:iam::${HOME}:${end}`, verified(who)), end);
  }
  assert.ok(!matches(`arn:aws:iam::${HOME}:user/x`, roleIdentity("x")));
});

test("the ARN of a federated user must match exactly", () => {
  assert.ok(matches(`arn:aws:sts::${HOME}:federated-user/dave`, verified("federated")));
  for (const arn of [`arn:aws:sts::${HOME}:federated-user/Dave`, `ARN:aws:sts::${HOME}:federated-user/dave`]) {
    assert.ok(!matches(arn, verified("federated")), arn);
  }
  assert.ok(matches(`arn:aws:sts::${HOME}:federated-user/Dave`, { ...verified("federated"), name: "Dave" }));
});

test("only the ARN of an IAM principal, in ASCII, can be mapped", () => {
  for (const arn of [
    ...["", "Developers", "role/Developers", "arn:aws:iam", `arn:aws:iam::${HOME}`],
    ...[
      ...["", "role/", "role", "group/Developers", "federated-user/dave", "root/x", "role/Dev*", "role/Dev elopers"],
      ...["role/a\n", "role/{SessionName}", "role/D\u00e9veloppeurs", "role/\u212aing"],
    ].map((end) => `arn:aws:iam::${HOME}:${end}`),
    ...["assumed-role/Developers/s", "role/Developers", "root"].map((end) => `arn:aws:sts::${HOME}:${end}`),
    ...["1111", "*", ""].map((account) => `arn:aws:iam::${account}:role/Developers`),
    ...[`arn:aws:iam:us-east-1:${HOME}:role/Developers`, ` arn:aws:iam::${HOME}:role/Developers`],
    ...["iam::HOME:role/Developers", "iam::HOME:root", "sts::HOME:federated-user/dave"].flatMap((end) => {
      const arn = `arn:aws:${end.replace("HOME", HOME)}`;
      return [`https://x/${arn}`, `${arn}:x`, `${arn}/x\n`];
    }),
  ]) {
    assert.equal(parseMappedArn(arn), undefined, arn);
  }
});
