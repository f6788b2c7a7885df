// Creates a cluster's stacks from CDK's context: that of its authenticator, and a separate one of
// its issuer, which outlives it and has termination protection.

import { Annotations, type App, Stack, type StackProps } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, type IVpc, SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { given } from "../cdk-rules.ts";
import type {
  CustomDomain,
  Endpoint,
  HttpEndpoint,
  MtlsEndpoint,
  PrivateEndpoint,
} from "../endpoint/endpoint.ts";
import { IamAuthenticator } from "../iam-authenticator.ts";
import { ISSUER_OUTPUTS, ServiceAccountIssuer } from "../issuer/service-account-issuer.ts";
import { nameOutputs, OUTPUTS } from "../outputs.ts";
import type { ClusterContext, EndpointContext, VpcContext } from "./cluster.ts";

/** Returns the result of `make`. Adds the cluster to the message of an error. */
function ofCluster<T>(clusterId: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`cluster ${clusterId}: ${error.message}`, { cause: error });
  }
}

/** Creates the authenticator's stack. Errors name the cluster. */
export function clusterStack(app: App, context: ClusterContext): Stack {
  return ofCluster(context.clusterId, () => makeStack(app, context));
}

function makeStack(app: App, context: ClusterContext): Stack {
  // `props` are the keys that the construct takes unchanged.
  const {
    // Keys of the stack.
    account,
    region,
    stackName: _,
    terminationProtection,
    tags,
    issuer,
    // Keys with another form, here and in `sharedProps`.
    endpoint,
    formerEndpoint,
    vpc,
    securityGroupIds,
    callers = [],
    architecture,
    alarmTopicArn,
    logRetentionDays,
    encryptionKeyArn,
    ...props
  } = context;
  const name = stackName(context);
  // The standby's stack has the same name in another region, and CDK's commands find it by its id.
  const id = app.node.tryFindChild(name) === undefined ? name : `${name}-${region}`;
  const stack = new Stack(app, id, {
    stackName: name,
    description: `Authenticates AWS IAM identities for the Kubernetes cluster ${context.clusterId}`,
    ...stackProps(context),
  });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...props,
    ...sharedProps(stack, context),
    ...given({
      endpoint: endpoint && readEndpoint(stack, endpoint),
      formerEndpoint:
        formerEndpoint && readEndpoint(new Construct(stack, "Former"), formerEndpoint),
      vpc: vpc && readVpc(stack, "FunctionVpc", vpc),
      securityGroups: securityGroupIds?.map((id) =>
        SecurityGroup.fromSecurityGroupId(stack, id, id),
      ),
    }),
  });
  for (const caller of callers) authenticator.addCaller(caller);
  nameOutputs(authenticator, OUTPUTS);
  return stack;
}

/**
 * Creates the stack of an app without a cluster: `cdk bootstrap` requires a stack. Commands that
 * would deploy it fail with the error.
 */
export function chooseCluster(app: App): Stack {
  const stack = new Stack(app, "choose-a-cluster");
  Annotations.of(stack).addError(
    'no cluster is chosen: add -c clusterId=my-cluster, or {"context": {"clusters": [{"clusterId": "my-cluster"}]}} to cdk.json',
  );
  return stack;
}

/**
 * Returns whether to deploy an issuer: `-c issuer=true` adds it to every deployed cluster,
 * `"issuer": true` to one cluster.
 */
export function wantsIssuer(app: App, { issuer }: ClusterContext): boolean {
  const given: unknown = app.node.tryGetContext("issuer");
  if (given !== undefined && !["true", "false", true, false].includes(given as string | boolean)) {
    throw new Error("-c issuer must be true or false");
  }
  return given === undefined ? issuer === true : String(given) === "true";
}

/** Creates the issuer's stack. Errors name the cluster. */
export function issuerStack(app: App, context: ClusterContext): Stack {
  return ofCluster(context.clusterId, () => makeIssuerStack(app, context));
}

function makeIssuerStack(app: App, context: ClusterContext): Stack {
  const { clusterId, mappingPrefix, logLevel, memorySize, safeDeployments, alarms, alarmEmail } =
    context;
  const name = issuerStackName(context);
  if (app.node.tryFindChild(name) !== undefined) {
    throw new Error(
      "only one of its two stacks can have an issuer, since service account tokens name one host",
    );
  }
  const stack = new Stack(app, name, {
    description: `Issuer of the Kubernetes cluster ${clusterId}: roles for its service accounts`,
    terminationProtection: true,
    ...stackProps(context),
  });
  const issuer = new ServiceAccountIssuer(stack, "Issuer", {
    clusterId,
    ...given({ mappingPrefix, logLevel, memorySize, safeDeployments, alarms, alarmEmail }),
    ...sharedProps(stack, context),
  });
  nameOutputs(issuer, ISSUER_OUTPUTS);
  return stack;
}

function stackProps({ account, region, terminationProtection, tags }: ClusterContext): StackProps {
  return { env: given({ account, region }), ...given({ terminationProtection, tags }) };
}

/** Returns the props of both constructs that have another form in the context. */
function sharedProps(
  stack: Stack,
  { architecture, alarmTopicArn: topic, logRetentionDays, encryptionKeyArn: key }: ClusterContext,
) {
  return given({
    architecture:
      architecture && { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 }[architecture],
    alarmTopic: topic === undefined ? undefined : Topic.fromTopicArn(stack, "AlarmTopic", topic),
    logRetention: logRetentionDays,
    encryptionKey: key === undefined ? undefined : Key.fromKeyArn(stack, "LogKey", key),
  });
}

type OfKind<K extends EndpointContext["kind"]> = Extract<EndpointContext, { kind: K }>;

/** Creates the endpoint's resources. Each endpoint needs a separate `scope`. */
function readEndpoint(scope: Construct, context: EndpointContext): Endpoint {
  switch (context.kind) {
    case "http":
      return http(scope, context);
    case "mtls":
      return mtls(scope, context);
    case "private":
      return privateEndpoint(scope, context);
  }
}

function readVpc(scope: Construct, id: string, { cidr, ...others }: VpcContext): IVpc {
  return Vpc.fromVpcAttributes(scope, id, { ...others, ...given({ vpcCidrBlock: cidr }) });
}

function http(scope: Construct, { kind, domain }: OfKind<"http">): HttpEndpoint {
  return { kind, ...(domain !== undefined && { domain: readDomain(scope, domain) }) };
}

function mtls(scope: Construct, context: OfKind<"mtls">): MtlsEndpoint {
  const { kind, subjects, ownershipCertificateArn, truststore } = context;
  const { bucket, ...object } = truststore;
  return {
    kind,
    subjects,
    ...readDomain(scope, context),
    truststore: { bucket: Bucket.fromBucketName(scope, "Truststore", bucket), ...object },
    ...(ownershipCertificateArn !== undefined && {
      ownershipCertificate: Certificate.fromCertificateArn(
        scope,
        "OwnershipCertificate",
        ownershipCertificateArn,
      ),
    }),
  };
}

type DomainContext = Pick<OfKind<"mtls">, "domainName" | "certificateArn" | "hostedZone">;

function readDomain(
  scope: Construct,
  { domainName, certificateArn, hostedZone }: DomainContext,
): CustomDomain {
  return {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
    ...(hostedZone !== undefined && {
      hostedZone: HostedZone.fromHostedZoneAttributes(scope, "Zone", {
        hostedZoneId: hostedZone.id,
        zoneName: hostedZone.name,
      }),
    }),
  };
}

function privateEndpoint(scope: Construct, context: OfKind<"private">): PrivateEndpoint {
  const { vpc, vpcEndpointId, ...same } = context;
  return {
    ...same,
    vpc: readVpc(scope, "ControlPlaneVpc", vpc),
    ...(vpcEndpointId !== undefined && {
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(
        scope,
        "GivenVpcEndpoint",
        {
          vpcEndpointId,
          port: 443,
        },
      ),
    }),
  };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const MAX_LENGTH = 128;

export function stackName({
  clusterId,
  stackName,
}: Pick<ClusterContext, "clusterId" | "stackName">): string {
  return stackName ?? defaultStackName(clusterId);
}

/**
 * Returns `IamAuthenticatorIssuer-<clusterId>`, even if the authenticator's stack has another name.
 */
function issuerStackName({ clusterId }: Pick<ClusterContext, "clusterId">): string {
  const name = defaultStackName(clusterId, "Issuer");
  if (name.length <= MAX_LENGTH) return name;
  throw new Error(
    `the issuer's stack name ${name} has ${name.length} characters, and CloudFormation allows ${MAX_LENGTH}: use a shorter clusterId`,
  );
}
