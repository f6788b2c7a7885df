// The kinds of endpoint and their properties, and their common parts: a custom domain with its DNS
// record, and an access log of the caller, duration and result of each request, without headers and
// bodies.

import { ArnFormat, Aws, RemovalPolicy, Stack } from "aws-cdk-lib";
import { AccessLogFormat, type RestApi } from "aws-cdk-lib/aws-apigateway";
import {
  DomainName,
  type DomainNameProps,
  type HttpApi,
  SecurityPolicy,
} from "aws-cdk-lib/aws-apigatewayv2";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IInterfaceVpcEndpoint, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { ARecord, type IHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { ApiGatewayv2DomainProperties } from "aws-cdk-lib/aws-route53-targets";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import type { LogSettings } from "../common-props.ts";

/** The endpoint to create. `kind` decides how kube-apiserver authenticates to it. */
export type Endpoint = HttpEndpoint | MtlsEndpoint | PrivateEndpoint;

/** A public HTTP API. kube-apiserver authenticates with a bearer token. */
export interface HttpEndpoint {
  readonly kind: "http";
  /**
   * A custom domain. The API's default endpoint remains, with the same token, so that
   * kube-apiserver can move.
   *
   * @default - only the API's default endpoint
   */
  readonly domain?: CustomDomain;
}

/** An HTTP API on a custom domain. kube-apiserver authenticates with a client certificate. */
export interface MtlsEndpoint extends CustomDomain {
  readonly kind: "mtls";
  /**
   * A public certificate for the domain. API Gateway requires it if `certificate` is imported or
   * from a private certificate authority.
   *
   * @default - none: `certificate` is a public certificate of ACM
   */
  readonly ownershipCertificate?: ICertificate;
  /** PEM file of the certificate authorities that issue client certificates. */
  readonly truststore: Truststore;
  /**
   * Complete subject DNs in API Gateway's format, such as `CN=kube-apiserver,O=Example`. Only `*`
   * accepts any certificate.
   */
  readonly subjects: readonly string[];
}

export interface Truststore {
  readonly bucket: IBucket;
  readonly key: string;
  /**
   * The object's version. Without a version, a changed object takes effect only when the domain is
   * updated.
   *
   * @default - the latest version when the domain is deployed
   */
  readonly version?: string;
}

/** A REST API that only a VPC can reach. */
export interface PrivateEndpoint {
  readonly kind: "private";
  /** The VPC of the control plane. */
  readonly vpc: IVpc;
  /**
   * An interface endpoint for `execute-api` in that VPC.
   *
   * @default - one is created
   */
  readonly vpcEndpoint?: IInterfaceVpcEndpoint;
  /**
   * Sets the role that API Gateway uses to write logs. An account has one role for each region,
   * which `true` overwrites. Without a role, the deployment fails with "CloudWatch Logs role ARN
   * must be set in account settings". `aws apigateway get-account` shows the role as
   * `cloudwatchRoleArn`.
   *
   * @default false, with a warning
   */
  readonly accountLogRole?: boolean;
  /**
   * How kube-apiserver authenticates. With `none`, only the network restricts callers.
   *
   * @default "bearer"
   */
  readonly callerAuth?: "bearer" | "none";
}

/** Options of every kind of endpoint. */
export interface EndpointOptions {
  /** Name of the API, and a dimension of a REST API's metrics. */
  readonly name: string;
  readonly handler: IFunction;
  readonly throttle: Throttle;
  readonly logs: LogSettings;
  readonly failoverUrl?: string | undefined;
}

/** A created endpoint. */
export interface Gateway {
  readonly api: HttpApi | RestApi;
  /** The URL, which ends in `/authenticate`. */
  readonly url: string;
}

/** A token bucket: requests per second, and the burst above that. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/** Returns the CALLER_AUTH of an endpoint's function. */
export function callerAuth(endpoint: Endpoint): "bearer" | "mtls" | "none" {
  if (endpoint.kind === "mtls") return "mtls";
  return endpoint.kind === "private" ? (endpoint.callerAuth ?? "bearer") : "bearer";
}

export interface CustomDomain {
  /** The domain's name, for example `authenticator.example.com`. */
  readonly domainName: string;
  /** The domain's certificate, in the stack's region. */
  readonly certificate: ICertificate;
  /**
   * The zone that gets an alias record for the domain.
   *
   * @default - none: create a record for the domain yourself
   */
  readonly hostedZone?: IHostedZone;
}

/**
 * Creates the domain. `more` are properties of some endpoints, such as mutual TLS. `record`
 * resolves the domain's name to the API.
 */
export function makeDomain(
  scope: Construct,
  { domainName, certificate, hostedZone }: CustomDomain,
  more: Pick<DomainNameProps, "mtls" | "ownershipCertificate"> = {},
) {
  const securityPolicy = SecurityPolicy.TLS_1_2;
  const domain = new DomainName(scope, "Domain", {
    domainName,
    certificate,
    securityPolicy,
    ...more,
  });
  if (hostedZone === undefined) return { domain, record: undefined };
  const { regionalDomainName, regionalHostedZoneId } = domain;
  const record = new ARecord(scope, "Record", {
    zone: hostedZone,
    recordName: domainName,
    target: RecordTarget.fromAlias(
      new ApiGatewayv2DomainProperties(regionalDomainName, regionalHostedZoneId),
    ),
  });
  return { domain, record };
}

/**
 * The fields of the access log. All variables also exist for REST APIs:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
export const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    time: "$context.requestTime",
    requestId: "$context.requestId",
    sourceIp: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    responseLatency: "$context.responseLatency",
    integrationLatency: "$context.integrationLatency",
    integrationError: "$context.integrationErrorMessage",
    clientSubject: "$context.identity.clientCert.subjectDN",
  }),
);

/**
 * Creates the log group of the access log. Its name starts with /aws/vendedlogs/: otherwise each
 * log group adds to a resource policy of the account and region, which is limited to 5,120
 * characters:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 * The name is unique for each stack and kind of endpoint.
 *
 * Returns the ARN as API Gateway stores it. `logGroupArn` ends with `:*`, which drift detection
 * reports as a change:
 * https://github.com/aws/aws-cdk/issues/38796
 */
export function accessLogArn(scope: Construct, logs: LogSettings): string {
  const { logGroupName } = new LogGroup(scope, "AccessLog", {
    logGroupName: `/aws/vendedlogs/iam-authenticator/${Aws.STACK_NAME}-${scope.node.addr.slice(-8)}`,
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: logGroupName,
    arnFormat,
  });
}
