// Grants permissions to a role, user or group: managing mappings and denials, of all accounts or of
// one, reading the published cluster, managing an issuer's keys, and reading reviews. Never the
// callers.

import { Stack, Token } from "aws-cdk-lib";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { kindsWhere } from "../functions/authenticator/mapping/kinds.ts";
import { clusterParameter, issuerPath, settingsParameter } from "../functions/parameters/names.ts";
import { checkAccount } from "./parameters/entries.ts";
import { prefixArn } from "./parameters/owned-parameter.ts";

const MANAGE = [
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssm:GetParametersByPath",
  "ssm:GetParameterHistory",
  // Shows whether a stack manages the parameter.
  "ssm:ListTagsForResource",
  "ssm:PutParameter",
  "ssm:DeleteParameter",
  "ssm:DeleteParameters",
];

/** A cluster, and the prefix of its parameters. */
interface Place {
  readonly prefix: string;
  readonly clusterId: string;
}

/**
 * Allows managing mappings, and reading the function's settings, by which the command judges a
 * change. For all accounts, also allows publishing the cluster: these managers can already make
 * themselves administrators.
 */
export function grantMappings(
  scope: Construct,
  { prefix, clusterId }: Place,
  grantee: IGrantable,
  account?: string,
): Grant {
  if (account !== undefined) checkAccount("grantManageMappings", account);
  const kinds = kindsWhere(() => true);
  const below =
    account === undefined
      ? kinds.map((kind) => `${kind}/*`)
      : // An account's team must not lift denials of its own account.
        kinds
          .filter((kind) => kind !== "deny")
          .flatMap((kind) => [`${kind}/${account}`, `${kind}/${account}/*`]);
  const cluster = account === undefined ? [clusterParameter(prefix, clusterId)] : [];
  const manage = {
    actions: MANAGE,
    resourceArns: [
      ...below.map((path) => prefixArn(scope, prefix, path)),
      ...cluster.map((name) => prefixArn(scope, name)),
    ],
  };
  // Reviews also read these lists, so they are needed to explain a denial.
  const lists = account === undefined ? [] : [`deny/${account}`, "deny/any", "pattern/any"];
  const settings = prefixArn(scope, settingsParameter(prefix, clusterId));
  const read = {
    actions: ["ssm:GetParameter", "ssm:GetParameters"],
    resourceArns: [...lists.map((path) => prefixArn(scope, prefix, path)), settings],
  };
  // Listing all mappings requires listing the prefix, including the callers' names and hashes,
  // read-only. IAM checks the path itself: a denial of a name lists the settings of all functions
  // below the prefix.
  const paths = [prefixArn(scope, prefix), prefixArn(scope, prefix, "settings")];
  const list = { actions: ["ssm:GetParametersByPath"], resourceArns: paths };
  return grantTo(
    scope,
    "grantManageMappings",
    grantee,
    account === undefined ? [manage, read, list] : [manage, read],
  );
}

/** Allows reading what is published of the cluster for users' kubeconfigs, and nothing else. */
export function grantCluster(
  scope: Construct,
  { prefix, clusterId }: Place,
  grantee: IGrantable,
): Grant {
  const resourceArns = [prefixArn(scope, clusterParameter(prefix, clusterId))];
  return grantTo(scope, "grantClusterRead", grantee, [
    { actions: ["ssm:GetParameter"], resourceArns },
  ]);
}

/**
 * Allows managing an issuer's keys. No other grant includes this permission: a key can impersonate
 * every service account in AWS.
 */
export function grantIssuerKeys(scope: Construct, prefix: string, grantee: IGrantable): Grant {
  const path = prefixArn(scope, issuerPath(prefix));
  const actions = [
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParameterHistory",
    "ssm:PutParameter",
    "ssm:DeleteParameter",
  ];
  return grantTo(scope, "grantManageKeys", grantee, [
    { actions, resourceArns: [`${path}/*`] },
    // IAM checks the path itself, not the parameters below it.
    { actions: ["ssm:GetParametersByPath"], resourceArns: [path] },
  ]);
}

/** Allows `iam-authenticator reviews` and `report` to read the function's log. */
export function grantReviews(
  scope: Construct,
  logs: readonly ILogGroup[],
  grantee: IGrantable,
): Grant {
  return grantTo(scope, "grantReadReviews", grantee, [
    {
      actions: ["logs:FilterLogEvents", "logs:StartQuery"],
      resourceArns: logs.map((log) => log.logGroupArn),
    },
    // The first two take a query's id. IAM checks the third for every log group, even with a
    // prefix.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    {
      actions: ["logs:GetQueryResults", "logs:StopQuery", "logs:DescribeLogGroups"],
      resourceArns: ["*"],
    },
    // The command finds the log by the stack's output LogGroup.
    { actions: ["cloudformation:DescribeStacks"], resourceArns: [Stack.of(scope).stackId] },
  ]);
}

interface Permission {
  readonly actions: string[];
  readonly resourceArns: string[];
}

/**
 * Grants the permissions. Throws if CDK cannot write the policy: it can only in the stack's own
 * account. `method` is the construct's, for the error.
 */
function grantTo(
  scope: Construct,
  method: string,
  grantee: IGrantable,
  permissions: readonly Permission[],
): Grant {
  const refused = `${method}: the grantee must be an IAM role, user or group of the stack's own account`;
  checkGrantee(scope, refused, grantee);
  const grants = permissions.map((permission) => Grant.addToPrincipal({ grantee, ...permission }));
  if (grants.some(({ success }) => !success)) throw new Error(refused);
  return grants.reduce((all, grant) => all.combine(grant));
}

/** Checks the grantee, since CDK silently skips policies of another account's roles. */
function checkGrantee(
  scope: Construct,
  refused: string,
  { grantPrincipal: { principalAccount: theirs } }: IGrantable,
) {
  const { account } = Stack.of(scope);
  if (
    theirs === undefined ||
    Token.isUnresolved(theirs) ||
    Token.isUnresolved(account) ||
    theirs === account
  )
    return;
  throw new Error(
    `${refused}, ${account}, not of ${theirs}: use a role of ${account} that ${theirs} can assume`,
  );
}
