// Creates the endpoint of each template of a release from parameters.

import type { Stack } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, Vpc } from "aws-cdk-lib/aws-ec2";
import { CfnRecordSet, HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "../endpoint/endpoint.ts";
import { notEmpty, onlyIf, valueIf } from "./conditions.ts";
import { optionalText, text } from "./parameters.ts";

export const ENDPOINTS = { http: httpEndpoint, mtls: mtlsEndpoint, private: privateEndpoint };

interface ParameterizedEndpoint<E extends Endpoint> {
  readonly endpoint: E;
  /** Long settings of the function that only this kind has, by the name of the parameter. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly finish?: (authenticator: Construct) => void;
}

function httpEndpoint(): ParameterizedEndpoint<Endpoint> {
  return { endpoint: { kind: "http" } };
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
    description: "S3 bucket with the PEM file of the certificate authorities that issue client certificates.",
    minLength: 3,
  });
  const key = text(stack, "TruststoreKey", { description: "Key of that PEM file.", minLength: 1 });
  const version = optionalText(stack, "TruststoreVersion", {
    description: "Version of that PEM file. Empty: a changed file takes effect only when the domain is updated.",
  });
  const subjects = text(stack, "CallerSubjects", {
    description:
      'Complete subject DNs of kube-apiserver\'s client certificates in API Gateway\'s format, separated by ";". Only "*" accepts any certificate of the truststore.',
    minLength: 1,
    // As many as fit into the description of a policy (switches.ts).
    maxLength: 980,
  });
  const zoneId = optionalText(stack, "HostedZoneId", {
    description: "Id of the Route 53 zone that gets an alias record for the domain. Empty: create the record yourself.",
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
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Zone", { hostedZoneId: zoneId, zoneName: domainName }),
    },
    settings: { CallerSubjects: subjects },
    finish(authenticator) {
      onlyIf(
        hasZone,
        authenticator.node.findAll().filter((child) => child instanceof CfnRecordSet),
      );
    },
  };
}

function privateEndpoint(stack: Stack): ParameterizedEndpoint<PrivateEndpoint> {
  const vpcEndpointId = text(stack, "VpcEndpointId", {
    description: "Id of an interface endpoint for execute-api in the control plane's VPC.",
    allowedPattern: "vpce-[0-9a-f]+",
    constraintDescription: "must be the id of a VPC endpoint.",
  });
  const imported = { vpcEndpointId, port: 443 };
  return {
    endpoint: {
      kind: "private",
      // Only used to create an endpoint.
      vpc: Vpc.fromVpcAttributes(stack, "ControlPlaneVpc", { vpcId: "unused", availabilityZones: ["unused"] }),
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, "GivenVpcEndpoint", imported),
    },
  };
}
