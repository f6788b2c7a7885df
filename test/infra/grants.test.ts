// Grants of permissions to manage mappings and denials, of one account or of all, but never the callers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
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
  "ssm:ListTagsForResource",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];
const KINDS = ["role", "user", "root", "federated-user", "sso", "sso-session", "pattern", "account"];
const under = `arn:<AWS::Partition>:ssm:eu-west-1:${ACCOUNT}:parameter/iam-authenticator/prod.example`;

test("a team can write only its own account's mappings, and read the deny lists and patterns that apply to it", () => {
  assert.deepEqual(grantedTo("444455556666"), [
    {
      Effect: "Allow",
      Action: WRITE,
      Resource: KINDS.flatMap((kind) => [`${under}/${kind}/444455556666`, `${under}/${kind}/444455556666/*`]),
    },
    {
      Effect: "Allow",
      Action: ["ssm:GetParameter", "ssm:GetParameters"],
      Resource: ["deny/444455556666", "deny/any", "pattern/any"].map((path) => `${under}/${path}`),
    },
  ]);
});

test("a manager of all mappings can manage denials and list the prefix, but not write the callers", () => {
  assert.deepEqual(grantedTo(), [
    { Effect: "Allow", Action: WRITE, Resource: [...KINDS, "deny"].map((kind) => `${under}/${kind}/*`) },
    { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: under },
  ]);
});

test("a principal to which CDK cannot grant permissions is refused at synth: of another account, or a service", () => {
  const { stack, authenticator } = stackOf("http");
  const foreign = Role.fromRoleArn(stack, "Foreign", "arn:aws:iam::444455556666:role/Team");
  const refused = "grantManageMappings: the grantee must be an IAM role, user or group of the stack's own account";
  assert.throws(() => authenticator.grantManageMappings(foreign), {
    message: `${refused}, ${ACCOUNT}, not of 444455556666: use a role of ${ACCOUNT} that 444455556666 can assume`,
  });
  assert.throws(() => authenticator.grantManageMappings(new ServicePrincipal("ec2.amazonaws.com")), {
    message: refused,
  });
});

test("a reader of reviews can only filter the log of this function, and find it", () => {
  const made = stackOf("http");
  const team = Role.fromRoleArn(made.stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`);
  made.authenticator.grantReadReviews(team);
  assert.deepEqual(
    statements(made.template())
      .filter(({ of }) => of.startsWith("Team"))
      .map(({ statement }) => statement),
    [
      { Effect: "Allow", Action: "logs:FilterLogEvents", Resource: "<AuthenticatorLog.Arn>" },
      { Effect: "Allow", Action: "cloudformation:DescribeStacks", Resource: "<AWS::StackId>" },
    ],
  );
});

test("with a former endpoint, its reviews are readable as well", () => {
  const made = stackOf("mtls", { formerEndpoint: { kind: "http" } });
  const team = Role.fromRoleArn(made.stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`);
  made.authenticator.grantReadReviews(team);
  const [read] = statements(made.template()).filter(({ of }) => of.startsWith("Team"));
  assert.deepEqual(read?.statement, {
    Effect: "Allow",
    Action: "logs:FilterLogEvents",
    Resource: ["<AuthenticatorMtlsLog.Arn>", "<AuthenticatorLog.Arn>"],
  });
});

test("grantReadReviews refuses a principal of another account", () => {
  const { stack, authenticator } = stackOf("http");
  const foreign = Role.fromRoleArn(stack, "Foreign", "arn:aws:iam::444455556666:role/Team");
  assert.throws(() => authenticator.grantReadReviews(foreign), {
    message:
      /^grantReadReviews: the grantee must be an IAM role, user or group of the stack's own account, 111122223333/,
  });
  assert.throws(() => authenticator.grantReadReviews(new ServicePrincipal("ec2.amazonaws.com")), {
    message: /^grantReadReviews: the grantee must be an IAM role/,
  });
});
