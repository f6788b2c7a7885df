// A custom domain for an HTTP API: the domain name in API Gateway, and its DNS record.

import { DomainName, type DomainNameProps, SecurityPolicy } from "aws-cdk-lib/aws-apigatewayv2";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import { ARecord, type IHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";

export interface CustomDomain {
  /** For example `authenticator.example.com`. */
  readonly domainName: string;
  /** The domain's certificate, in the stack's region. */
  readonly certificate: ICertificate;
  /**
   * Gets an alias record for the domain.
   *
   * @default - none: create a record for the domain yourself
   */
  readonly hostedZone?: IHostedZone;
}

/** `more`: properties of some endpoints, such as mutual TLS. `record` resolves the domain's name to the API. */
export function makeDomain(
  scope: Construct,
  { domainName, certificate, hostedZone }: CustomDomain,
  more: Pick<DomainNameProps, "mtls" | "ownershipCertificate"> = {},
) {
  const securityPolicy = SecurityPolicy.TLS_1_2;
  const domain = new DomainName(scope, "Domain", { domainName, certificate, securityPolicy, ...more });
  if (hostedZone === undefined) return { domain, record: undefined };
  const { regionalDomainName, regionalHostedZoneId } = domain;
  const record = new ARecord(scope, "Record", {
    zone: hostedZone,
    recordName: domainName,
    target: RecordTarget.fromAlias(new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId)),
  });
  return { domain, record };
}
