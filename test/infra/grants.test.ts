// Grants of permissions to manage mappings and denials, of one account or of all, but never the callers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type IRole, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ACCOUNT, type Synthesized, stackOf } from "./stacks.ts";
import { statements } from "./template.ts";

/** Statements of a role's policy. */
function granted(made: Synthesized, grant: (team: IRole) => void): unknown[] {
  grant(Role.fromRoleArn(made.stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
  return statements(made.template()).flatMap(({ of, statement }) => (of.startsWith("Team") ? statement : []));
}

function grantedTo(options: { readonly account?: string }): unknown[] {
  const made = stackOf("http");
  return granted(made, (team) => made.authenticator.grantManageMappings(team, options));
}

const WRITE = [
  ...["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"],
  ...["ssm:ListTagsForResource", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:DeleteParameters"],
];
const KINDS = ["role", "user", "root", "federated-user", "sso", "sso-session", "pattern", "account"];
const under = `arn:<AWS::Partition>:ssm:eu-west-1:${ACCOUNT}:parameter/iam-authenticator/prod.example`;

test("a team can write only its own account's mappings, and read the deny lists and patterns that apply to it", () => {
  assert.deepEqual(grantedTo({ account: "444455556666" }), [
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
  assert.deepEqual(grantedTo({}), [
    { Effect: "Allow", Action: WRITE, Resource: [...KINDS, "deny"].map((kind) => `${under}/${kind}/*`) },
    { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: under },
  ]);
});

const FIND = ["logs:GetQueryResults", "logs:StopQuery", "logs:DescribeLogGroups"];
test("a reader of reviews can only filter and query the log of this function, and of a former endpoint's, and find it", () => {
  for (const [made, logs] of [
    [stackOf("http"), "<AuthenticatorLog.Arn>"],
    [stackOf("mtls", { formerEndpoint: { kind: "http" } }), ["<AuthenticatorMtlsLog.Arn>", "<AuthenticatorLog.Arn>"]],
  ] as const) {
    assert.deepEqual(
      granted(made, (team) => made.authenticator.grantReadReviews(team)),
      [
        { Effect: "Allow", Action: ["logs:FilterLogEvents", "logs:StartQuery"], Resource: logs },
        { Effect: "Allow", Action: FIND, Resource: "*" },
        { Effect: "Allow", Action: "cloudformation:DescribeStacks", Resource: "<AWS::StackId>" },
      ],
    );
  }
});

for (const method of ["grantManageMappings", "grantReadReviews"] as const) {
  test(`${method} refuses a principal to which CDK cannot grant permissions: of another account, or a service`, () => {
    const { stack, authenticator } = stackOf("http");
    const foreign = Role.fromRoleArn(stack, "Foreign", "arn:aws:iam::444455556666:role/Team");
    const refused = `${method}: the grantee must be an IAM role, user or group of the stack's own account`;
    assert.throws(() => authenticator[method](foreign), {
      message: `${refused}, ${ACCOUNT}, not of 444455556666: use a role of ${ACCOUNT} that 444455556666 can assume`,
    });
    assert.throws(() => authenticator[method](new ServicePrincipal("ec2.amazonaws.com")), { message: refused });
  });
}
