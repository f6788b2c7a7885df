// The kinds of endpoint and their properties.

import type { RestApi } from "aws-cdk-lib/aws-apigateway";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IInterfaceVpcEndpoint, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { LogSettings } from "../log-settings.ts";
import type { CustomDomain } from "./custom-domain.ts";

/** The endpoint to create. `kind` decides how kube-apiserver authenticates to it. */
export type Endpoint = HttpEndpoint | MtlsEndpoint | PrivateEndpoint;

/** A public HTTP API. kube-apiserver authenticates with a bearer token. */
export interface HttpEndpoint {
  readonly kind: "http";
  /**
   * A custom domain. The API's default endpoint remains, with the same token, so that kube-apiserver can move.
   *
   * @default - only the API's default endpoint
   */
  readonly domain?: CustomDomain;
}

/** An HTTP API on a custom domain. kube-apiserver authenticates with a client certificate. */
export interface MtlsEndpoint extends CustomDomain {
  readonly kind: "mtls";
  /**
   * A public certificate for the domain. API Gateway requires it if `certificate` is imported or from a private certificate
   * authority.
   *
   * @default - none: `certificate` is a public certificate of ACM
   */
  readonly ownershipCertificate?: ICertificate;
  /** PEM file of the certificate authorities that issue client certificates. */
  readonly truststore: Truststore;
  /** Complete subject DNs in API Gateway's format, such as `CN=kube-apiserver,O=Example`. Only `*` accepts any certificate. */
  readonly subjects: readonly string[];
}

export interface Truststore {
  readonly bucket: IBucket;
  readonly key: string;
  /**
   * The object's version. Without a version, a changed object takes effect only when the domain is updated.
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
   * Sets the role that API Gateway uses to write logs. An account has one role for each region, which `true` overwrites.
   * Without a role, the deployment fails with "CloudWatch Logs role ARN must be set in account settings". `aws apigateway
   * get-account` shows the role as `cloudwatchRoleArn`.
   *
   * @default false
   */
  readonly accountLogRole?: boolean;
  /**
   * `none`: only the network restricts callers.
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
  /** Ends in `/authenticate`. */
  readonly url: string;
}

/** A token bucket: requests per second, and the burst above that. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export function callerAuth(endpoint: Endpoint): "bearer" | "mtls" | "none" {
  if (endpoint.kind === "mtls") return "mtls";
  return endpoint.kind === "private" ? (endpoint.callerAuth ?? "bearer") : "bearer";
}
