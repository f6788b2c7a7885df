// The right to write mappings: one account's branch for a team, or all of them; never the callers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Role } from "aws-cdk-lib/aws-iam";
import { ACCOUNT, stackOf } from "./stacks.ts";
import { statements } from "./template.ts";

function grantedTo(account?: string) {
  const made = stackOf("http");
  const team = Role.fromRoleArn(made.stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`);
  made.authenticator.grantManageMappings(team, account === undefined ? {} : { account });
  return statements(made.template())
    .filter(({ of }) => of.startsWith("Team"))
    .map(({ statement }) => statement);
}

const WRITE = [
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];
const KINDS = ["role", "user", "root", "federated-user", "sso", "pattern", "account"];
const under = `arn:<AWS::Partition>:ssm:eu-west-1:${ACCOUNT}:parameter/iam-authenticator/prod.example`;

test("a team may write its own account's branch and nothing else, and read the patterns for any account", () => {
  assert.deepEqual(grantedTo("444455556666"), [
    {
      Effect: "Allow",
      Action: WRITE,
      Resource: KINDS.flatMap((kind) => [`${under}/${kind}/444455556666`, `${under}/${kind}/444455556666/*`]),
    },
    { Effect: "Allow", Action: ["ssm:GetParameter", "ssm:GetParameters"], Resource: `${under}/pattern/any` },
  ]);
});

test("whoever may write all mappings may list the prefix, and still not write the callers", () => {
  assert.deepEqual(grantedTo(), [
    { Effect: "Allow", Action: WRITE, Resource: KINDS.map((kind) => `${under}/${kind}/*`) },
    { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: under },
  ]);
});
