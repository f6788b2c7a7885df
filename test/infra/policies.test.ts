// Permissions, statement by statement: the function's role, other roles, and callers of the
// function. Grants to manage mappings and denials, of one account or of all, but never the callers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Fn } from "aws-cdk-lib";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { type IRole, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ACCOUNT,
  KINDS,
  type MoreProps,
  SCOPES,
  type Synthesized,
  stackOf,
  templateOf,
  vpcOf,
} from "./stacks.ts";
import { flat, resource, statements } from "./template.ts";

/** The policies of functions that serve reviews. deployment.test.ts tests the deployment check. */
const RIGHTS = /^Authenticator(Mtls|Private)?Rights[0-9a-f]{8}/;
// biome-ignore format: a table
const OF_EACH = [
  { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "<AuthenticatorLog.Arn>" },
  { Effect: "Allow", Action: "ssm:GetParameters", Resource: "arn:<AWS::Partition>:ssm:eu-west-1:111122223333:parameter/iam-authenticator/prod.example/*" },
];
// biome-ignore format: a table
const OF_NODES = [
  // EC2 has no permissions for single instances for this action.
  { Effect: "Allow", Action: "ec2:DescribeInstances", Resource: "*" },
  // A node can have any instance profile of the account.
  { Effect: "Allow", Action: "iam:GetInstanceProfile", Resource: "arn:<AWS::Partition>:iam::111122223333:instance-profile/*" },
];
const INTERFACES = [
  ...["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
  ...[
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ],
];
const OF_VPC = [
  // Lambda creates interfaces before they have names. The function's code is denied the same
  // actions.
  { Effect: "Allow", Action: INTERFACES, Resource: "*" },
  {
    Effect: "Deny",
    Action: INTERFACES,
    Resource: "*",
    Condition: { Null: { "lambda:SourceFunctionArn": "false" } },
  },
];

function rights(template: Template): unknown[] {
  return statements(template).flatMap(({ of, statement }) => (RIGHTS.test(of) ? [statement] : []));
}

const CASES: readonly [string, MoreProps, readonly unknown[]][] = [
  ["by default", {}, OF_EACH],
  ["with nodes", { nodes: true }, [...OF_EACH, ...OF_NODES]],
  ["in a VPC", (scope) => ({ vpc: vpcOf(scope, "Vpc") }), [...OF_EACH, ...OF_VPC]],
];
for (const [name, props, expected] of CASES) {
  test(`the function ${name} has exactly these permissions`, () => {
    assert.deepEqual(rights(stackOf("http", props).template()), expected);
  });
}

test("a prefix that is known only at deployment is in the permission", () => {
  const [, mappings] = rights(stackOf("http", { mappingPrefix: Fn.ref("Prefix") }).template());
  const Resource = "arn:<AWS::Partition>:ssm:eu-west-1:111122223333:parameter<Prefix>/*";
  assert.deepEqual(mappings, { ...OF_EACH[1], Resource });
});

test("changed permissions become another policy of the same role", () => {
  const policyOf = (props: MoreProps) => {
    const template = stackOf("http", props).template();
    const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
    const [id = "", policy = {}] = policies.find(([name]) => RIGHTS.test(name)) ?? [];
    const [{ DependsOn }] = Object.values(template.findResources("AWS::Lambda::Function")) as [
      { DependsOn: string[] },
    ];
    assert.ok(DependsOn.includes(id), "the function must wait for its rights");
    const [role] = Object.keys(template.findResources("AWS::IAM::Role"));
    return { id, role, roles: flat(policy["Properties"].Roles) };
  };
  const before = policyOf({});
  assert.deepEqual(policyOf({ memorySize: 1024 }), before);
  for (const props of [{ mappingPrefix: "/kube/auth" }, { nodes: true }]) {
    const changed = policyOf(props);
    assert.notEqual(changed.id, before.id);
    assert.deepEqual([changed.role, changed.roles], [before.role, ["<AuthenticatorRole>"]]);
  }
});

for (const kind of KINDS) {
  test(`${kind}: only the API can invoke the function, by its alias and for one path`, () => {
    const template = templateOf(kind);
    const stage = kind === "private" ? "<AuthenticatorPrivateApiDeploymentStagelive>/POST" : "*/*";
    const scope = SCOPES[kind];
    assert.deepEqual(resource(template, "AWS::Lambda::Permission").Properties, {
      Action: "lambda:InvokeFunction",
      FunctionName: `<${scope}FunctionAliaslive>`,
      Principal: "apigateway.amazonaws.com",
      SourceArn: `arn:<AWS::Partition>:execute-api:eu-west-1:111122223333:<${scope}Api>/${stage}/authenticate`,
    });
    template.resourcePropertiesCountIs("AWS::Lambda::Url", Match.anyValue(), 0);
  });
}

function granted(made: Synthesized, grant: (team: IRole) => void): unknown[] {
  grant(Role.fromRoleArn(made.stack, "Team", `arn:aws:iam::${ACCOUNT}:role/Team`));
  return statements(made.template()).flatMap(({ of, statement }) =>
    of.startsWith("Team") ? statement : [],
  );
}

function grantedTo(options: { readonly account?: string }): unknown[] {
  const made = stackOf("http");
  return granted(made, (team) => made.authenticator.grantManageMappings(team, options));
}

const WRITE = [
  ...[
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "ssm:GetParameterHistory",
  ],
  ...["ssm:ListTagsForResource", "ssm:PutParameter", "ssm:DeleteParameter", "ssm:DeleteParameters"],
];
const MAPPINGS = [
  "role",
  "user",
  "root",
  "federated-user",
  "sso",
  "sso-session",
  "pattern",
  "account",
];
const under = `arn:<AWS::Partition>:ssm:eu-west-1:${ACCOUNT}:parameter/iam-authenticator/prod.example`;

const SETTINGS = "settings/prod.example";

test("a team can write only its own account's mappings", () => {
  // biome-ignore format: a table
  assert.deepEqual(grantedTo({ account: "444455556666" }), [
    { Effect: "Allow", Action: WRITE, Resource: MAPPINGS.flatMap((kind) => [`${under}/${kind}/444455556666`, `${under}/${kind}/444455556666/*`]) },
    {
      Effect: "Allow",
      Action: ["ssm:GetParameter", "ssm:GetParameters"],
      Resource: ["deny/444455556666", "deny/any", "pattern/any", SETTINGS].map((path) => `${under}/${path}`),
    },
  ]);
});

test("a manager of all mappings can write neither callers nor settings", () => {
  assert.deepEqual(grantedTo({}), [
    {
      Effect: "Allow",
      Action: WRITE,
      Resource: [
        ...[...MAPPINGS, "deny"].map((kind) => `${under}/${kind}/*`),
        `${under}/cluster/prod.example`,
      ],
    },
    {
      Effect: "Allow",
      Action: ["ssm:GetParameter", "ssm:GetParameters"],
      Resource: `${under}/${SETTINGS}`,
    },
    { Effect: "Allow", Action: "ssm:GetParametersByPath", Resource: [under, `${under}/settings`] },
  ]);
});

test("a reader of the published cluster can read this one parameter, by one action", () => {
  const made = stackOf("http");
  const found = granted(made, (team) => made.authenticator.grantClusterRead(team));
  assert.deepEqual(found, [
    { Effect: "Allow", Action: "ssm:GetParameter", Resource: `${under}/cluster/prod.example` },
  ]);
});

const FIND = ["logs:GetQueryResults", "logs:StopQuery", "logs:DescribeLogGroups"];
test("a reader of reviews can only query the log of this function", () => {
  for (const [made, logs] of [
    [stackOf("http"), "<AuthenticatorLog.Arn>"],
    [
      stackOf("mtls", { formerEndpoint: { kind: "http" } }),
      ["<AuthenticatorMtlsLog.Arn>", "<AuthenticatorLog.Arn>"],
    ],
  ] as const) {
    const found = granted(made, (team) => made.authenticator.grantReadReviews(team));
    assert.deepEqual(found, [
      { Effect: "Allow", Action: ["logs:FilterLogEvents", "logs:StartQuery"], Resource: logs },
      { Effect: "Allow", Action: FIND, Resource: "*" },
      { Effect: "Allow", Action: "cloudformation:DescribeStacks", Resource: "<AWS::StackId>" },
    ]);
  }
});

for (const method of ["grantManageMappings", "grantClusterRead", "grantReadReviews"] as const) {
  test(`${method} refuses a principal to which CDK cannot grant permissions`, () => {
    const { stack, authenticator } = stackOf("http");
    const foreign = Role.fromRoleArn(stack, "Foreign", "arn:aws:iam::444455556666:role/Team");
    const refused = `${method}: the grantee must be an IAM role, user or group of the stack's own account`;
    assert.throws(() => authenticator[method](foreign), {
      message: `${refused}, ${ACCOUNT}, not of 444455556666: use a role of ${ACCOUNT} that 444455556666 can assume`,
    });
    assert.throws(() => authenticator[method](new ServicePrincipal("ec2.amazonaws.com")), {
      message: refused,
    });
  });
}
