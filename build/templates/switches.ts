// Lets the parameters of a release's template decide at deployment what CDK decides at synth: the
// endpoint, FailoverUrl, optional parts, and a new version of the function for each change of its
// settings.

import { CfnCondition, CfnOutput, Fn, Stack } from "aws-cdk-lib";
import { CfnIntegration } from "aws-cdk-lib/aws-apigatewayv2";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { CfnDeploymentGroup, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { InterfaceVpcEndpoint, Vpc } from "aws-cdk-lib/aws-ec2";
import { CfnManagedPolicy, CfnPolicy } from "aws-cdk-lib/aws-iam";
import { CfnAlias, CfnFunction, CfnVersion } from "aws-cdk-lib/aws-lambda";
import { CfnRecordSet, HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct, IConstruct } from "constructs";
import { FAILOVER_URL } from "../../infra/check-props.ts";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "../../infra/endpoint/endpoint.ts";
import { responseParameters } from "../../infra/endpoint/http-endpoint.ts";
import type { IamAuthenticator } from "../../infra/iam-authenticator.ts";
import { addAlarm, failing } from "../../infra/monitoring/alarms.ts";
import { kubeconfigCommand } from "../../infra/outputs.ts";
import { notEmpty, onlyIf, optionalText, text, valueIf } from "./parameters.ts";

const httpEndpoint = (): ParameterizedEndpoint<Endpoint> => ({ endpoint: { kind: "http" } });

export const ENDPOINTS = { http: httpEndpoint, mtls: mtlsEndpoint, private: privateEndpoint };

interface ParameterizedEndpoint<E extends Endpoint> {
  readonly endpoint: E;
  /** Long settings of the function that only this kind has, by the name of the parameter. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly finish?: (authenticator: Construct) => void;
}

function mtlsEndpoint(stack: Stack): ParameterizedEndpoint<MtlsEndpoint> {
  const domainName = text(stack, "DomainName", {
    description: "Domain of the endpoint, such as authenticator.example.com.",
    allowedPattern: "([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]+",
    constraintDescription: "must be one host name in lower case.",
  });
  const certificateArn = text(stack, "CertificateArn", {
    description: "ARN of the domain's ACM certificate, in the stack's region.",
    allowedPattern: "arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+",
    constraintDescription: "must be the ARN of an ACM certificate.",
  });
  const ownershipArn = optionalText(stack, "OwnershipCertificateArn", {
    description:
      "ARN of a public ACM certificate for the domain. Required if CertificateArn is imported or from a private CA.",
  });
  const bucket = text(stack, "TruststoreBucket", {
    description:
      "S3 bucket with the PEM file of the certificate authorities that issue client certificates.",
    minLength: 3,
  });
  const key = text(stack, "TruststoreKey", { description: "Key of that PEM file.", minLength: 1 });
  const version = optionalText(stack, "TruststoreVersion", {
    description:
      "Version of that PEM file. Empty: a changed file takes effect only when the domain is updated.",
  });
  const subjects = text(stack, "CallerSubjects", {
    description:
      'Complete subject DNs of kube-apiserver\'s client certificates in API Gateway\'s format, separated by ";". Only "*" accepts any certificate of the truststore.',
    minLength: 1,
    // As many as fit into the description of a policy (switches.ts).
    maxLength: 980,
  });
  const zoneId = optionalText(stack, "HostedZoneId", {
    description:
      "Id of the Route 53 zone that gets an alias record for the domain. Empty: create the record yourself.",
  });
  const truststore = { bucket: Bucket.fromBucketName(stack, "Truststore", bucket), key };
  const hasVersion = notEmpty(stack, "TruststoreVersion", version);
  const hasOwnership = notEmpty(stack, "OwnershipCertificate", ownershipArn);
  const hasZone = notEmpty(stack, "HostedZone", zoneId);
  return {
    endpoint: {
      kind: "mtls",
      domainName,
      certificate: Certificate.fromCertificateArn(stack, "Certificate", certificateArn),
      ownershipCertificate: Certificate.fromCertificateArn(
        stack,
        "OwnershipCertificate",
        valueIf(hasOwnership, ownershipArn).toString(),
      ),
      truststore: { ...truststore, version: valueIf(hasVersion, version).toString() },
      subjects: [subjects],
      // `zoneName` only satisfies the check that the domain is in the zone.
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Zone", {
        hostedZoneId: zoneId,
        zoneName: domainName,
      }),
    },
    settings: { CallerSubjects: subjects },
    finish: (authenticator) => onlyIf(hasZone, below(authenticator, CfnRecordSet)),
  };
}

function privateEndpoint(stack: Stack): ParameterizedEndpoint<PrivateEndpoint> {
  const vpcEndpointId = text(stack, "VpcEndpointId", {
    description:
      "Id of an interface endpoint for execute-api in the control plane's VPC. Deploy only if aws apigateway get-account prints a cloudwatchRoleArn: API Gateway's log role.",
    allowedPattern: "vpce-[0-9a-f]+",
    constraintDescription: "must be the id of a VPC endpoint.",
  });
  const imported = { vpcEndpointId, port: 443 };
  return {
    endpoint: {
      kind: "private",
      accountLogRole: false,
      // Only used to create an endpoint.
      vpc: Vpc.fromVpcAttributes(stack, "ControlPlaneVpc", {
        vpcId: "unused",
        availabilityZones: ["unused"],
      }),
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(
        stack,
        "GivenVpcEndpoint",
        imported,
      ),
    },
  };
}

/**
 * Replaces the alarm Failing. A condition chooses between alarms more readably than between their
 * properties.
 */
const FAILING_WITH_STANDBY = "FailingWithStandby";

/**
 * Adds the parameter FailoverUrl and what depends on it: the function's setting, the redirects, the
 * output, the command for the kubeconfig and an alarm. Returns its value.
 */
export function failoverParameter(
  authenticator: IamAuthenticator,
  endpoint: Endpoint,
  { clusterId, alarmTopic }: { readonly clusterId: string; readonly alarmTopic: ITopic },
): string {
  const stack = Stack.of(authenticator);
  const url = optionalText(stack, "FailoverUrl", {
    description:
      "Output Endpoint of a standby's stack in another region, which answers while this function fails.",
    allowedPattern: `(${FAILOVER_URL.source})?`,
    maxLength: 300,
    constraintDescription:
      "must be https://<host>/authenticate with a host name that contains a dot, or empty.",
  });
  const condition = notEmpty(stack, "FailoverUrl", url);
  for (const child of authenticator.node.findAll()) {
    if (child instanceof CfnFunction && !child.node.path.includes("DeploymentCheck"))
      child.addPropertyOverride("Environment.Variables.FAILOVER_URL", url);
    if (!(child instanceof CfnIntegration)) continue;
    const redirects = responseParameters(url);
    const retried = responseParameters(undefined);
    child.responseParameters = Fn.conditionIf(condition.logicalId, redirects, retried);
  }
  const { handler, api, mappingPrefix } = authenticator;
  const options = {
    clusterId,
    mappingPrefix,
    endpoint,
    url: authenticator.url,
    failoverUrl: url,
    callers: () => [],
  };
  const printed = authenticator.node.findChild("KubeconfigCommand") as CfnOutput;
  const redirected = kubeconfigCommand(authenticator, options);
  printed.value = Fn.conditionIf(condition.logicalId, redirected, printed.value).toString();
  addAlarm(
    authenticator,
    FAILING_WITH_STANDBY,
    alarmTopic,
    failing({ clusterId, handler, api, hasFailover: true }),
  );
  new CfnOutput(authenticator, "FailoverUrl", { value: url, condition });
  return url;
}

/** Returns the constructs of a kind below `scope`. */
function below<T extends IConstruct>(
  scope: IConstruct,
  kind: abstract new (...args: never[]) => T,
): T[] {
  return scope.node.findAll().filter((child): child is T => child instanceof kind);
}

const isNewVersion = ({ node }: IConstruct) => node.path.includes("/NewVersion");

/**
 * Creates the alarms that notify only if `isWatched`, NoReviews only with QuietHours, and one of
 * the two alarms Failing. The others belong to safe deployments.
 */
export function switchMonitoring(scope: IConstruct, isWatched: CfnCondition): void {
  const notifying = below(scope, CfnAlarm).filter((alarm) => !isNewVersion(alarm));
  onlyIf(isWatched, notifying);
  const stack = Stack.of(scope);
  for (const [alarm, name, expected] of [
    ["NoReviews", "HasQuietHours", true],
    ["Failing", "HasFailoverUrl", false],
    [FAILING_WITH_STANDBY, "HasFailoverUrl", true],
  ] as const) {
    const condition = stack.node.tryFindChild(name);
    if (!(condition instanceof CfnCondition)) continue;
    const expression = Fn.conditionAnd(
      isWatched,
      expected ? condition : Fn.conditionNot(condition),
    );
    onlyIf(
      new CfnCondition(stack, `Has${alarm}`, { expression }),
      notifying.filter(({ node }) => node.path.includes(`/${alarm}/`)),
    );
  }
}

/**
 * If `isSafe`, CodeDeploy shifts the alias gradually; otherwise CloudFormation moves it at once.
 */
export function switchSafeDeployments(scope: Construct, isSafe: CfnCondition): void {
  const check = scope.node.findAll().filter(({ node }) => node.id.startsWith("DeploymentCheck"));
  const groups = below(scope, LambdaDeploymentGroup);
  onlyIf(isSafe, [...groups, ...check, ...below(scope, CfnAlarm).filter(isNewVersion)]);
  for (const alias of below(scope, CfnAlias)) {
    // DependsOn cannot name a resource with a condition. References with the same condition make
    // the alias wait for the group, which waits for its alarms, and for CodeDeploy's permission to
    // run the check.
    alias.addDeletionOverride("DependsOn");
    const names = groups.flatMap(({ node, role }) => [
      ...below(node.scope ?? scope, CfnDeploymentGroup),
      ...below(role, CfnPolicy),
    ]);
    alias.description = valueIf(
      isSafe,
      Fn.join(" ", ["Moved by", ...names.map(({ ref }) => ref)]),
    ).toString();
    const update = alias.cfnOptions.updatePolicy?.codeDeployLambdaAliasUpdate;
    if (update === undefined) continue;
    const { applicationName, deploymentGroupName, beforeAllowTrafficHook } = update;
    const policy = {
      ApplicationName: applicationName,
      DeploymentGroupName: deploymentGroupName,
      BeforeAllowTrafficHook: beforeAllowTrafficHook,
    };
    // CloudFormation accepts a condition here, but the property's type does not:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
    alias.cfnOptions.updatePolicy = {
      codeDeployLambdaAliasUpdate: valueIf(isSafe, policy) as unknown as typeof update,
    };
  }
}

/**
 * Makes each changed parameter publish a version. CloudFormation publishes a version if a property
 * of the version changes, not if the function changes. The version's description therefore contains
 * every setting, so that a changed parameter publishes a version, which CodeDeploy checks. `long`
 * settings, by parameter, do not fit into its 256 characters: the id of a policy represents each of
 * them.
 */
export function publishEveryChange(
  scope: Construct,
  sha256: string,
  values: readonly string[],
  long: Readonly<Record<string, string>> = {},
): void {
  const [main] = below(scope, CfnFunction).filter(
    ({ node }) => !node.path.includes("DeploymentCheck"),
  );
  if (main === undefined) throw new Error(`${scope.node.path} has no function`);
  const ids = Object.entries(long).map(([name, value]) =>
    changingId(scope, name, value, main.attrArn),
  );
  for (const version of below(scope, CfnVersion)) {
    version.description = Fn.join(" ", [...values, ...ids]);
    // Lambda refuses to publish code other than this release's.
    version.codeSha256 = sha256;
  }
}

/**
 * Returns an id of 21 characters that changes with the value. CloudFormation cannot compute a hash,
 * but a changed description replaces a managed policy. A rollback restores the former policy. The
 * policy is attached to no identity.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
 */
function changingId(scope: Construct, name: string, value: string, functionArn: string): string {
  const allow = {
    Effect: "Allow",
    Action: "lambda:GetFunctionConfiguration",
    Resource: functionArn,
  };
  return new CfnManagedPolicy(scope, `${name}Change`, {
    description: Fn.join(" ", [`${name}:`, value]),
    policyDocument: { Version: "2012-10-17", Statement: [allow] },
  }).attrPolicyId;
}
