// The permissions of `npm run acceptance -- --short`. `npm run docs` writes them to
// acceptance-role.json; a run of --short against an emulator makes no other call.

/**
 * The names that CloudFormation generates begin with the stack's name, of which it keeps at least 24
 * characters.
 */
const GENERATED = "IamAuthenticator-accepta*";
/** Stacks, and the log group of the access log, have the entire name. */
const STACK = "IamAuthenticator-acceptance-*";
/** The run's role, user and bucket. */
const OWN = "acceptance-*";

interface Statement {
  readonly Action: readonly string[];
  readonly Resource: "*" | readonly string[];
}

/** Of one service. An ARN begins after its partition, which IAM accepts as a wildcard. */
function allow(
  service: string,
  actions: readonly string[],
  arns: "*" | readonly string[] = "*",
): Statement {
  return {
    Action: actions.map((action) => `${service}:${action}`),
    Resource: arns === "*" ? "*" : arns.map((arn) => `arn:*:${arn}`),
  };
}

const STATEMENTS: readonly Statement[] = [
  // CDK's roles deploy the stack: docs/cdk.md, "From a pipeline".
  allow("sts", ["AssumeRole"], ["iam::*:role/cdk-*", `iam::*:role/${OWN}`]),
  allow("ssm", ["GetParameter"], ["ssm:*:*:parameter/cdk-bootstrap/*"]),
  allow(
    "ssm",
    [
      "GetParameter",
      "GetParameters",
      "GetParametersByPath",
      "GetParameterHistory",
      "ListTagsForResource",
      "PutParameter",
      "DeleteParameter",
      "DeleteParameters",
    ],
    [`ssm:*:*:parameter/iam-authenticator/${OWN}`],
  ),
  allow(
    "lambda",
    [
      "GetFunctionConfiguration",
      "UpdateFunctionConfiguration",
      "PublishVersion",
      "GetAlias",
      "UpdateAlias",
      "GetFunctionConcurrency",
      "PutFunctionConcurrency",
      "DeleteFunctionConcurrency",
      "DeleteFunction",
    ],
    [`lambda:*:*:function:${GENERATED}`],
  ),
  allow("lambda", ["GetAccountSettings", "ListFunctions"]),
  allow(
    "logs",
    ["FilterLogEvents", "DeleteLogGroup"],
    [
      `logs:*:*:log-group:${GENERATED}`,
      `logs:*:*:log-group:/aws/vendedlogs/iam-authenticator/${STACK}`,
    ],
  ),
  allow("logs", ["DescribeLogGroups"]),
  allow("iam", ["CreateRole", "TagRole", "PutRolePolicy"], [`iam::*:role/${OWN}`]),
  // The removal, also of what CloudFormation skips.
  allow(
    "iam",
    [
      "GetRole",
      "ListRolePolicies",
      "ListAttachedRolePolicies",
      "DeleteRolePolicy",
      "DetachRolePolicy",
      "DeleteRole",
    ],
    [`iam::*:role/${OWN}`, `iam::*:role/${GENERATED}`],
  ),
  allow("iam", ["GetUser"], [`iam::*:user/${OWN}`]),
  allow("iam", ["ListRoles", "ListOpenIDConnectProviders"]),
  allow(
    "cloudformation",
    ["DescribeStacks", "ListStackResources", "UpdateTerminationProtection", "DeleteStack"],
    [`cloudformation:*:*:stack/${STACK}`],
  ),
  allow("cloudformation", ["ListStacks"]),
  // Ids of APIs are generated.
  allow("apigateway", ["GET"], ["apigateway:*::/apis", "apigateway:*::/apis/*"]),
  allow("apigateway", ["DELETE"], ["apigateway:*::/apis/*"]),
  allow(
    "codedeploy",
    ["GetApplication", "GetDeploymentGroup", "DeleteApplication"],
    [`codedeploy:*:*:application:${GENERATED}`, `codedeploy:*:*:deploymentgroup:${GENERATED}`],
  ),
  allow("cloudwatch", ["DeleteAlarms"], [`cloudwatch:*:*:alarm:${GENERATED}`]),
  allow("cloudwatch", ["DescribeAlarms"]),
  allow("s3", ["ListBucket"], [`s3:::${OWN}`]),
  allow("tag", ["GetResources"]),
];

/** The path from the root. */
export const POLICY_FILE = "test/acceptance/acceptance-role.json";

export function acceptancePolicy() {
  return {
    Version: "2012-10-17",
    Statement: STATEMENTS.map((statement) => ({ Effect: "Allow", ...statement })),
  };
}

/** IAM's names of services, where they are not those of the AWS CLI. */
const SERVICES: Readonly<Record<string, string>> = {
  apigatewayv2: "apigateway",
  resourcegroupstaggingapi: "tag",
  s3api: "s3",
};

/** The action of a call of the AWS CLI; `undefined` for one that needs no permission. */
export function actionOf(service: string, operation: string): string | undefined {
  const call = `${service} ${operation}`;
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  if (call === "sts get-caller-identity") return undefined;
  if (call === "s3api list-objects-v2") return "s3:ListBucket";
  const [verb = ""] = operation.split("-");
  // API Gateway has an action for each HTTP method.
  const name = service.startsWith("apigateway")
    ? verb.toUpperCase()
    : operation
        .replace("open-id-connect", "OpenIDConnect")
        .replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${SERVICES[service] ?? service}:${name}`;
}

/** The actions of these calls that --short may not make. Each call begins `<service> <operation>`. */
export function withoutPermission(calls: readonly string[]): string[] {
  const allowed = new Set(STATEMENTS.flatMap(({ Action }) => Action));
  const needed = calls.flatMap((call) => {
    const [service = "", operation = ""] = call.split(" ");
    return actionOf(service, operation) ?? [];
  });
  return [...new Set(needed)].filter((action) => !allowed.has(action));
}
