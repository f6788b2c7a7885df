// The permissions of a role that deploys a release's templates: the calls of CloudFormation, by
// resource type. build/deploying-role.ts prints them for stacks that own more parameters.

import { kindsWhere } from "../../functions/authenticator/mapping/kinds.ts";
import { callersParameter, settingsParameter } from "../../functions/parameters/names.ts";

type Actions = Readonly<Record<string, readonly string[]>>;

const api = (service: string, ...names: readonly string[]) =>
  names.map((name) => `${service}:${name}`);

const SERVICE_LINKED_ROLE = "iam:CreateServiceLinkedRole";

const REST = ["DELETE", "GET", "PATCH", "POST", "PUT"];

/** The handlers also make these calls if a template omits the property. */
const TAGS = ["ListTagsForResource", "TagResource", "UntagResource"];

const PROVISIONED = ["Get", "Put", "Delete"].map((verb) => `${verb}ProvisionedConcurrencyConfig`);

const RUNTIME = ["RuntimeManagement", "FunctionScaling"].flatMap((name) => [
  `Get${name}Config`,
  `Put${name}Config`,
]);

/**
 * They have no resource type:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
 */
const OF_SUBSCRIPTIONS = api(
  "sns",
  "Unsubscribe",
  "GetSubscriptionAttributes",
  "SetSubscriptionAttributes",
);

/**
 * The permissions of the create, read, update and delete handlers in CloudFormation's schemas,
 * without unused features. test/e2e/cfn-lint.e2e.ts compares them with the schemas of cfn-lint. Not
 * tested on AWS.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export const ACTIONS: Actions = {
  // API Gateway has one action for each HTTP method, also for HTTP APIs.
  "AWS::ApiGateway::Deployment": api("apigateway", ...REST),
  "AWS::ApiGateway::GatewayResponse": api("apigateway", ...REST),
  "AWS::ApiGateway::Method": api("apigateway", ...REST),
  "AWS::ApiGateway::Resource": api("apigateway", ...REST),
  "AWS::ApiGateway::RestApi": api("apigateway", ...REST, "UpdateRestApiPolicy"),
  "AWS::ApiGateway::Stage": [...api("apigateway", ...REST), ...vendedLogs()],
  "AWS::ApiGatewayV2::Api": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::ApiMapping": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::DomainName": [
    ...api("apigateway", ...REST, "AddCertificateToDomain", "RemoveCertificateFromDomain"),
    // The schema omits these. The first Regional domain of an account needs the role:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html
    SERVICE_LINKED_ROLE,
    // The truststore, and its version.
    "s3:GetObject",
    "s3:GetObjectVersion",
  ],
  "AWS::ApiGatewayV2::Integration": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::Route": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::Stage": [
    ...api("apigateway", ...REST, "TagResource", "UntagResource"),
    ...vendedLogs(),
  ],
  "AWS::CloudWatch::Alarm": api(
    "cloudwatch",
    "PutMetricAlarm",
    "DescribeAlarms",
    "DeleteAlarms",
    ...TAGS,
  ),
  "AWS::CodeDeploy::Application": api(
    "codedeploy",
    "CreateApplication",
    "GetApplication",
    "DeleteApplication",
    ...TAGS,
  ),
  "AWS::CodeDeploy::DeploymentGroup": [
    ...api(
      "codedeploy",
      "CreateDeploymentGroup",
      "GetDeploymentGroup",
      "UpdateDeploymentGroup",
      "DeleteDeploymentGroup",
      "ListDeployments",
      ...TAGS,
    ),
    "iam:PassRole",
  ],
  "AWS::IAM::ManagedPolicy": api(
    "iam",
    "CreatePolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "ListPolicyVersions",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "ListEntitiesForPolicy",
    "DeletePolicy",
  ),
  "AWS::IAM::OIDCProvider": api(
    "iam",
    "CreateOpenIDConnectProvider",
    "GetOpenIDConnectProvider",
    "DeleteOpenIDConnectProvider",
    "AddClientIDToOpenIDConnectProvider",
    "RemoveClientIDFromOpenIDConnectProvider",
    "TagOpenIDConnectProvider",
    "UntagOpenIDConnectProvider",
    "ListOpenIDConnectProviderTags",
    "UpdateOpenIDConnectProviderThumbprint",
  ),
  "AWS::IAM::Policy": api("iam", "PutRolePolicy", "GetRolePolicy", "DeleteRolePolicy"),
  "AWS::IAM::Role": api(
    "iam",
    "CreateRole",
    "GetRole",
    "UpdateRole",
    "UpdateRoleDescription",
    "UpdateAssumeRolePolicy",
    "DeleteRole",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
    "TagRole",
    "UntagRole",
  ),
  // CodeDeploy moves the alias with the deploying role's permissions.
  "AWS::Lambda::Alias": [
    ...api("lambda", "CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias", ...PROVISIONED),
    ...api(
      "codedeploy",
      "CreateDeployment",
      "GetDeployment",
      "GetDeploymentConfig",
      "RegisterApplicationRevision",
      "GetApplicationRevision",
      "StopDeployment",
    ),
  ],
  "AWS::Lambda::Function": [
    ...api(
      "lambda",
      "CreateFunction",
      "GetFunction",
      "GetFunctionConfiguration",
      "DeleteFunction",
      "TagResource",
      "UpdateFunctionCode",
      "UpdateFunctionConfiguration",
      "PutFunctionConcurrency",
      "DeleteFunctionConcurrency",
      "GetFunctionCodeSigningConfig",
      "ListTags",
      "UntagResource",
      ...RUNTIME,
      "GetFunctionRecursionConfig",
      "PutFunctionRecursionConfig",
      "AssociateRuntimeAlias",
    ),
    "iam:PassRole",
    "s3:GetObject",
  ],
  "AWS::Lambda::Permission": api("lambda", "AddPermission", "RemovePermission", "GetPolicy"),
  "AWS::Lambda::Version": api(
    "lambda",
    "PublishVersion",
    "ListVersionsByFunction",
    "DeleteFunction",
    "GetFunctionConfiguration",
    ...RUNTIME,
    ...PROVISIONED,
  ),
  "AWS::Logs::LogGroup": api(
    "logs",
    "CreateLogGroup",
    "DescribeLogGroups",
    "PutRetentionPolicy",
    "DeleteLogGroup",
    "TagResource",
    "ListTagsForResource",
    "UntagResource",
    "DescribeIndexPolicies",
    "GetDataProtectionPolicy",
  ),
  "AWS::Route53::RecordSet": api(
    "route53",
    "ChangeResourceRecordSets",
    "GetChange",
    "GetHostedZone",
    "ListHostedZones",
    "ListResourceRecordSets",
  ),
  "AWS::SSM::Parameter": api(
    "ssm",
    "PutParameter",
    "GetParameters",
    "DeleteParameter",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
  ),
  "AWS::SNS::Subscription": ["sns:Subscribe", ...OF_SUBSCRIPTIONS],
  "AWS::SNS::Topic": api(
    "sns",
    "CreateTopic",
    "GetTopicAttributes",
    "SetTopicAttributes",
    "DeleteTopic",
    ...TAGS,
    "ListSubscriptionsByTopic",
    "GetDataProtectionPolicy",
    "PutDataProtectionPolicy",
  ),
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html */
function vendedLogs(): string[] {
  return api(
    "logs",
    "CreateLogDelivery",
    "GetLogDelivery",
    "UpdateLogDelivery",
    "DeleteLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "DescribeResourcePolicies",
    "DescribeLogGroups",
  );
}

/** For `aws cloudformation deploy`, and to delete the stack of a failed first deployment. */
const DEPLOY = api(
  "cloudformation",
  "CreateChangeSet",
  "DescribeChangeSet",
  "ExecuteChangeSet",
  "DescribeStacks",
  "DescribeStackEvents",
  "GetTemplateSummary",
  "UpdateTerminationProtection",
  "DeleteStack",
);

/**
 * By service or action. Names that CloudFormation generates start with the stack's name. IAM
 * rejects ARNs of another partition, and accepts wildcards in each segment except the service:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  iam: ["role/IamAuthenticator*", "policy/IamAuthenticator*", "oidc-provider/*"].map(
    (name) => `arn:*:iam::*:${name}`,
  ),
  [SERVICE_LINKED_ROLE]: ["arn:*:iam::*:role/aws-service-role/ops.apigateway.amazonaws.com/*"],
  lambda: ["arn:*:lambda:*:*:function:IamAuthenticator*"],
  sns: ["arn:*:sns:*:*:IamAuthenticator*"],
};

/** Which parameters stacks own, besides the function's settings. By default, none. */
export interface OwnedParameters {
  /** Begins with `/`. Default: every `/iam-authenticator/<cluster id>`. */
  readonly mappingPrefix?: string | undefined;
  /** The callers. */
  readonly callers?: boolean | undefined;
  /** Mappings and denials that are defined in code. */
  readonly mappings?: boolean | undefined;
}

/** The prefix of each cluster without `mappingPrefix`. */
const EVERY_PREFIX = "/iam-authenticator/*";

/** Never an issuer's key: no stack owns one. */
function parameterArns(owned: OwnedParameters): string[] {
  const { mappingPrefix: prefix = EVERY_PREFIX, callers = false, mappings = false } = owned;
  return [
    settingsParameter(prefix, "*"),
    ...(callers ? [callersParameter(prefix)] : []),
    ...(mappings ? kindsWhere(() => true).map((kind) => `${prefix}/${kind}/*`) : []),
  ].map((name) => `arn:*:ssm:*:*:parameter${name}`);
}

/**
 * Returns a policy document with one statement for each service or limited action, sorted. Throws
 * for a type that is not in `ACTIONS`.
 */
export function deployingPolicy(types: Iterable<string>, owned: OwnedParameters = {}): object {
  const resources: typeof RESOURCES = { ...RESOURCES, ssm: parameterArns(owned) };
  const actions = new Set(DEPLOY);
  for (const type of types) {
    const needed = ACTIONS[type];
    if (needed === undefined)
      throw new Error(`a template contains ${type}: add its actions to deploying-role.ts`);
    for (const action of needed) actions.add(action);
  }
  const byKey = Map.groupBy([...actions].sort(), (action) => {
    if (OF_SUBSCRIPTIONS.includes(action)) return "*";
    return action in resources ? action : (action.split(":")[0] ?? "");
  });
  const Statement = [...byKey].map(([key, Action]) => ({
    Effect: "Allow",
    Action,
    Resource: resources[key] ?? "*",
  }));
  return { Version: "2012-10-17", Statement };
}
