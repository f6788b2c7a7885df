// One cluster's stack: what the context says in JSON, made into the construct's props.

import { type App, Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { ClusterContext, MtlsContext, PrivateContext, VpcContext } from "./clusters.ts";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "./endpoint/endpoint.ts";
import { IamAuthenticator } from "./iam-authenticator.ts";

export function clusterStack(app: App, context: ClusterContext): Stack {
  const { clusterId, endpoint = "http", architecture, vpc, alarmTopicArn, callers = [], ...props } = context;
  const stack = new Stack(app, `IamAuthenticator-${clusterId.replace(/[^A-Za-z0-9-]/g, "-")}`, {
    description: `Authenticates AWS IAM identities for the Kubernetes cluster ${clusterId}`,
  });
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...props,
    clusterId,
    endpoint: readEndpoint(stack, endpoint),
    ...(architecture === "x86_64" && { architecture: Architecture.X86_64 }),
    ...(vpc !== undefined && { vpc: knownVpc(stack, "FunctionVpc", vpc) }),
    ...(alarmTopicArn !== undefined && { alarmTopic: Topic.fromTopicArn(stack, "AlarmTopic", alarmTopicArn) }),
  });
  for (const caller of callers) authenticator.addCaller(caller);
  return stack;
}

function readEndpoint(scope: Construct, endpoint: NonNullable<ClusterContext["endpoint"]>): Endpoint {
  if (endpoint === "http") return { kind: "http" };
  if (endpoint.kind === "mtls") return mtls(scope, endpoint);
  if (endpoint.kind === "private") return privately(scope, endpoint);
  throw new Error('endpoint must be "http", or an object with the kind mtls or private');
}

function mtls(scope: Construct, context: MtlsContext): MtlsEndpoint {
  const { domainName, certificateArn, truststoreBucket, truststoreKey, truststoreVersion, subjects } = context;
  const { hostedZoneId, hostedZoneName } = context;
  return {
    kind: "mtls",
    domainName,
    subjects,
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
    truststore: {
      bucket: Bucket.fromBucketName(scope, "Truststore", truststoreBucket),
      key: truststoreKey,
      ...(truststoreVersion !== undefined && { version: truststoreVersion }),
    },
    ...(hostedZoneId !== undefined &&
      hostedZoneName !== undefined && {
        hostedZone: HostedZone.fromHostedZoneAttributes(scope, "Zone", { hostedZoneId, zoneName: hostedZoneName }),
      }),
  };
}

function privately(scope: Construct, { vpc, vpcEndpointId, callerAuth }: PrivateContext): PrivateEndpoint {
  return {
    kind: "private",
    vpc: knownVpc(scope, "ControlPlaneVpc", vpc),
    ...(callerAuth !== undefined && { callerAuth }),
    ...(vpcEndpointId !== undefined && {
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(scope, "GivenVpcEndpoint", {
        vpcEndpointId,
        port: 443,
      }),
    }),
  };
}

function knownVpc(
  scope: Construct,
  id: string,
  { vpcId, availabilityZones, privateSubnetIds, cidr }: VpcContext,
): IVpc {
  return Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    availabilityZones: [...availabilityZones],
    privateSubnetIds: [...privateSubnetIds],
    vpcCidrBlock: cidr,
  });
}
