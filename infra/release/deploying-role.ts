// What the role that deploys a release's templates may do: the calls that CloudFormation makes in its name, by resource type.

type Actions = Readonly<Record<string, readonly string[]>>;

const api = (service: string, ...names: readonly string[]) => names.map((name) => `${service}:${name}`);
const REST = ["DELETE", "GET", "PATCH", "POST", "PUT"];
/** The handlers also read and write these where a template leaves the property out. */
const TAGS = ["ListTagsForResource", "TagResource", "UntagResource"];
const PROVISIONED = ["Get", "Put", "Delete"].map((verb) => `${verb}ProvisionedConcurrencyConfig`);
const RUNTIME = ["RuntimeManagement", "FunctionScaling"].flatMap((name) => [`Get${name}Config`, `Put${name}Config`]);

/**
 * The handlers' permissions in CloudFormation's schemas, but for features that these templates do not use: create, read,
 * update, delete. test/e2e/cfn-lint.e2e.ts compares them with the schemas of cfn-lint. Not tried on AWS.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
export const ACTIONS: Actions = {
  // API Gateway has one action for each method; HTTP APIs too.
  "AWS::ApiGateway::Deployment": api("apigateway", ...REST),
  "AWS::ApiGateway::GatewayResponse": api("apigateway", ...REST),
  "AWS::ApiGateway::Method": api("apigateway", ...REST),
  "AWS::ApiGateway::Resource": api("apigateway", ...REST),
  "AWS::ApiGateway::RestApi": api("apigateway", ...REST, "UpdateRestApiPolicy"),
  "AWS::ApiGateway::Stage": [...api("apigateway", ...REST), ...vendedLogs()],
  "AWS::ApiGatewayV2::Api": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::ApiMapping": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::DomainName": api("apigateway", ...REST, "AddCertificateToDomain", "RemoveCertificateFromDomain"),
  "AWS::ApiGatewayV2::Integration": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::Route": api("apigateway", ...REST),
  "AWS::ApiGatewayV2::Stage": [...api("apigateway", ...REST, "TagResource", "UntagResource"), ...vendedLogs()],
  "AWS::CloudWatch::Alarm": api("cloudwatch", "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", ...TAGS),
  "AWS::CloudWatch::Dashboard": api("cloudwatch", "PutDashboard", "GetDashboard", "DeleteDashboards", ...TAGS),
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
    ...["CreateOpenIDConnectProvider", "GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"],
    ...["AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider", "TagOpenIDConnectProvider"],
    ...["UntagOpenIDConnectProvider", "ListOpenIDConnectProviderTags", "UpdateOpenIDConnectProviderThumbprint"],
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
  // CodeDeploy moves it, in the name of whoever deploys.
  "AWS::Lambda::Alias": [
    ...api("lambda", "CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias", ...PROVISIONED),
    ...api("codedeploy", "CreateDeployment", "GetDeployment", "GetDeploymentConfig", "RegisterApplicationRevision"),
    ...api("codedeploy", "GetApplicationRevision", "StopDeployment"),
  ],
  "AWS::Lambda::Function": [
    ...api("lambda", "CreateFunction", "GetFunction", "GetFunctionConfiguration", "DeleteFunction", "TagResource"),
    ...api("lambda", "UpdateFunctionCode", "UpdateFunctionConfiguration", "PutFunctionConcurrency"),
    ...api("lambda", "DeleteFunctionConcurrency", "GetFunctionCodeSigningConfig", "ListTags", "UntagResource"),
    ...api("lambda", ...RUNTIME, "GetFunctionRecursionConfig", "PutFunctionRecursionConfig", "AssociateRuntimeAlias"),
    "iam:PassRole",
    "s3:GetObject",
  ],
  "AWS::Lambda::Permission": api("lambda", "AddPermission", "RemovePermission", "GetPolicy"),
  "AWS::Lambda::Version": api(
    "lambda",
    ...["PublishVersion", "ListVersionsByFunction", "DeleteFunction", "GetFunctionConfiguration"],
    ...RUNTIME,
    ...PROVISIONED,
  ),
  "AWS::Logs::LogGroup": api(
    "logs",
    ...["CreateLogGroup", "DescribeLogGroups", "PutRetentionPolicy", "DeleteLogGroup", "TagResource"],
    ...["ListTagsForResource", "UntagResource", "DescribeIndexPolicies", "GetDataProtectionPolicy"],
  ),
  "AWS::Logs::QueryDefinition": api("logs", "PutQueryDefinition", "DescribeQueryDefinitions", "DeleteQueryDefinition"),
  "AWS::Route53::RecordSet": api(
    "route53",
    "ChangeResourceRecordSets",
    "GetChange",
    "GetHostedZone",
    "ListHostedZones",
    "ListResourceRecordSets",
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

/** Of `aws cloudformation deploy`, and of the way out of a first deployment that failed: its stack can only be deleted. */
const DEPLOY = api(
  "cloudformation",
  ...["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents"],
  ...["GetTemplateSummary", "UpdateTerminationProtection", "DeleteStack"],
);

/** CloudFormation begins the names that it makes with the stack's. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  iam: ["role/IamAuthenticator*", "policy/IamAuthenticator*", "oidc-provider/*"].map(
    (name) => `arn:aws:iam::*:${name}`,
  ),
  lambda: ["arn:aws:lambda:*:*:function:IamAuthenticator*"],
};

/** A document whose statements are one for each service, sorted. Throws for a type that has no actions here. */
export function deployingPolicy(types: Iterable<string>): object {
  const actions = new Set(DEPLOY);
  for (const type of types) {
    const needed = ACTIONS[type];
    if (needed === undefined)
      throw new Error(`${type} is in a template: say which actions it needs, in deploying-role.ts`);
    for (const action of needed) actions.add(action);
  }
  const byService = Map.groupBy([...actions].sort(), (action) => action.split(":")[0] ?? "");
  const Statement = [...byService].map(([service, Action]) => ({
    Effect: "Allow",
    Action,
    Resource: RESOURCES[service] ?? "*",
  }));
  return { Version: "2012-10-17", Statement };
}
