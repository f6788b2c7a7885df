// Converts an endpoint or a VPC of CDK's context into the construct's props.

import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { CustomDomain } from "../endpoint/custom-domain.ts";
import type { Endpoint, HttpEndpoint, MtlsEndpoint, PrivateEndpoint } from "../endpoint/endpoint.ts";
import { given } from "../given.ts";
import type { EndpointContext, VpcContext } from "./cluster.ts";

type OfKind<K extends EndpointContext["kind"]> = Extract<EndpointContext, { kind: K }>;

/** Each endpoint needs a separate `scope`. */
export function readEndpoint(scope: Construct, context: EndpointContext): Endpoint {
  switch (context.kind) {
    case "http":
      return http(scope, context);
    case "mtls":
      return mtls(scope, context);
    case "private":
      return privateEndpoint(scope, context);
  }
}

export function readVpc(scope: Construct, id: string, { cidr, ...others }: VpcContext): IVpc {
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
      ownershipCertificate: Certificate.fromCertificateArn(scope, "OwnershipCertificate", ownershipCertificateArn),
    }),
  };
}

type DomainContext = Pick<OfKind<"mtls">, "domainName" | "certificateArn" | "hostedZone">;

function readDomain(scope: Construct, { domainName, certificateArn, hostedZone }: DomainContext): CustomDomain {
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
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(scope, "GivenVpcEndpoint", {
        vpcEndpointId,
        port: 443,
      }),
    }),
  };
}
