// An endpoint as CDK's context has it in JSON, made into the construct's: names become the resources that they name.

import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "../endpoint/endpoint.ts";
import { readShape } from "./shape.ts";

/** `http` alone, since it needs nothing else. */
export type EndpointContext = "http" | MtlsContext | PrivateContext;

interface MtlsContext extends Omit<MtlsEndpoint, "certificate" | "ownershipCertificate" | "truststore" | "hostedZone"> {
  readonly certificateArn: string;
  readonly ownershipCertificateArn?: string;
  readonly truststore: { readonly bucket: string; readonly key: string; readonly version?: string };
  readonly hostedZone?: { readonly id: string; readonly name: string };
}

interface PrivateContext extends Omit<PrivateEndpoint, "vpc" | "vpcEndpoint"> {
  readonly vpc: VpcContext;
  readonly vpcEndpointId?: string;
}

export interface VpcContext {
  readonly vpcId: string;
  readonly availabilityZones: readonly string[];
  /** One for each of the zones, in their order. */
  readonly privateSubnetIds: readonly string[];
  /** Needed where an interface endpoint is made: its security group lets this range in. */
  readonly cidr?: string;
}

export function readEndpoint(scope: Construct, context: EndpointContext): Endpoint {
  if (context === "http") return { kind: "http" };
  if (context.kind === "mtls") return mtls(scope, context);
  if (context.kind === "private") return privately(scope, context);
  throw new Error('endpoint must be "http", or an object with the kind mtls or private');
}

export function readVpc(scope: Construct, id: string, context: VpcContext): IVpc {
  const { vpcId, availabilityZones, privateSubnetIds, cidr } = readShape("a VPC", context, {
    vpcId: "text",
    availabilityZones: "texts",
    privateSubnetIds: "texts",
    cidr: "text?",
  });
  return Vpc.fromVpcAttributes(scope, id, {
    vpcId,
    availabilityZones: [...availabilityZones],
    privateSubnetIds: [...privateSubnetIds],
    ...(cidr !== undefined && { vpcCidrBlock: cidr }),
  });
}

function mtls(scope: Construct, context: MtlsContext): MtlsEndpoint {
  const { domainName, subjects, certificateArn, ownershipCertificateArn, truststore, hostedZone } = readShape(
    "an mtls endpoint",
    context,
    {
      kind: "text",
      domainName: "text",
      subjects: "texts",
      certificateArn: "text",
      ownershipCertificateArn: "text?",
      truststore: "object",
      hostedZone: "object?",
    },
  );
  const { bucket, ...object } = readShape("truststore", truststore, { bucket: "text", key: "text", version: "text?" });
  const certificate = (id: string, arn: string) => Certificate.fromCertificateArn(scope, id, arn);
  return {
    kind: "mtls",
    domainName,
    subjects,
    certificate: certificate("Certificate", certificateArn),
    truststore: { bucket: Bucket.fromBucketName(scope, "Truststore", bucket), ...object },
    ...(ownershipCertificateArn !== undefined && {
      ownershipCertificate: certificate("OwnershipCertificate", ownershipCertificateArn),
    }),
    ...(hostedZone !== undefined && { hostedZone: zone(scope, hostedZone) }),
  };
}

function zone(scope: Construct, context: NonNullable<MtlsContext["hostedZone"]>) {
  const { id, name } = readShape("hostedZone", context, { id: "text", name: "text" });
  return HostedZone.fromHostedZoneAttributes(scope, "Zone", { hostedZoneId: id, zoneName: name });
}

function privately(scope: Construct, context: PrivateContext): PrivateEndpoint {
  const { vpc, vpcEndpointId, ...same } = readShape("a private endpoint", context, {
    kind: "text",
    vpc: "object",
    vpcEndpointId: "text?",
    callerAuth: "text?",
    accountLogRole: "boolean?",
  });
  return {
    ...same,
    vpc: readVpc(scope, "ControlPlaneVpc", vpc),
    ...(vpcEndpointId !== undefined && {
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(scope, "GivenVpcEndpoint", {
        vpcEndpointId,
        port: 443,
      }),
    }),
  };
}
