// The kinds of endpoint, and what each needs.

import type { RestApi } from "aws-cdk-lib/aws-apigateway";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { IInterfaceVpcEndpoint, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { LogSettings } from "../log-settings.ts";
import type { CustomDomain } from "./custom-domain.ts";

/** Which endpoint to make. `kind` decides how kube-apiserver authenticates to it. */
export type Endpoint = HttpEndpoint | MtlsEndpoint | PrivateEndpoint;

/** A public HTTP API. kube-apiserver authenticates with a bearer token. */
export interface HttpEndpoint {
  readonly kind: "http";
  /**
   * A domain of your own. The API's default endpoint stays, and asks for the same token, so that kube-apiserver can move.
   *
   * @default - the API's default endpoint alone
   */
  readonly domain?: CustomDomain;
}

/** An HTTP API on a domain of your own. kube-apiserver authenticates with a client certificate. */
export interface MtlsEndpoint extends CustomDomain {
  readonly kind: "mtls";
  /**
   * A public certificate for the domain. API Gateway requires it when `certificate` was imported or comes from a private
   * certificate authority.
   *
   * @default - none: `certificate` is a public one of ACM
   */
  readonly ownershipCertificate?: ICertificate;
  /** PEM file of the certificate authorities that may issue client certificates. */
  readonly truststore: Truststore;
  /** Whole subject DNs that are accepted, as API Gateway gives them, such as `CN=kube-apiserver,O=Example`; `*` alone accepts any certificate. */
  readonly subjects: readonly string[];
}

export interface Truststore {
  readonly bucket: IBucket;
  readonly key: string;
  /**
   * The object's version: without one, a changed object counts only after the domain is updated.
   *
   * @default - the latest when the domain is deployed
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
   * @default - one is made
   */
  readonly vpcEndpoint?: IInterfaceVpcEndpoint;
  /**
   * Sets the role with which API Gateway writes logs. There is one for the whole account and region: `true` overwrites
   * what is set. Without any role, the deployment fails with "CloudWatch Logs role ARN must be set in account settings".
   * `aws apigateway get-account` shows it as `cloudwatchRoleArn`.
   *
   * @default false
   */
  readonly accountLogRole?: boolean;
  /**
   * `none`: the network alone decides who may call.
   *
   * @default "bearer"
   */
  readonly callerAuth?: "bearer" | "none";
}

/** What every kind is made from. */
export interface EndpointOptions {
  /** Metrics of a REST API go by it. */
  readonly name: string;
  readonly handler: IFunction;
  readonly throttle: Throttle;
  readonly logs: LogSettings;
}

/** An endpoint that was made. */
export interface Gateway {
  readonly api: HttpApi | RestApi;
  /** Ends in `/authenticate`. */
  readonly url: string;
  /** Metrics of the gateway itself: they also count what never reaches the function. */
  readonly requests: Metric;
  readonly clientErrors: Metric;
  readonly serverErrors: Metric;
  /** From the request to the answer, in ms; and the part of it that waits for the function. */
  readonly latency: Metric;
  readonly integrationLatency: Metric;
}

/** A token bucket: requests a second, and how many at once above that. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export function callerAuth(endpoint: Endpoint): "bearer" | "mtls" | "none" {
  if (endpoint.kind === "mtls") return "mtls";
  return endpoint.kind === "private" ? (endpoint.callerAuth ?? "bearer") : "bearer";
}
