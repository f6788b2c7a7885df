// The kinds of endpoint that kube-apiserver can be given, and what each needs.

import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch";
import type { IInterfaceVpcEndpoint, IVpc } from "aws-cdk-lib/aws-ec2";
import type { IHostedZone } from "aws-cdk-lib/aws-route53";
import type { IBucket } from "aws-cdk-lib/aws-s3";

/** Which endpoint to make; `kind` decides how kube-apiserver proves itself. */
export type Endpoint = HttpEndpoint | MtlsEndpoint | PrivateEndpoint;

/** A public HTTP API. kube-apiserver proves itself with a bearer token. */
export interface HttpEndpoint {
  readonly kind: "http";
}

/** An HTTP API on a domain of your own. kube-apiserver proves itself with a client certificate. */
export interface MtlsEndpoint {
  readonly kind: "mtls";
  /** For example `authenticator.example.com`. */
  readonly domainName: string;
  /** For the domain, in the stack's region. */
  readonly certificate: ICertificate;
  /**
   * A public certificate for the domain, which API Gateway asks for when `certificate` was imported or comes from a
   * private authority.
   *
   * @default - none: `certificate` is a public one of ACM
   */
  readonly ownershipCertificate?: ICertificate;
  /** PEM file of the certificate authorities that clients' certificates may come from. */
  readonly truststore: Truststore;
  /** Whole subject DNs that are accepted, as API Gateway gives them, such as `CN=kube-apiserver,O=Example`. At least one. */
  readonly subjects: readonly string[];
  /**
   * Gets an alias record for the domain.
   *
   * @default - none: make a record for the domain yourself
   */
  readonly hostedZone?: IHostedZone;
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
   * Sets the role with which API Gateway writes logs: one for the whole account and region. `false` where it is set already.
   *
   * @default true
   */
  readonly accountLogRole?: boolean;
  /**
   * `none` leaves it to the network who may call.
   *
   * @default "bearer"
   */
  readonly callerAuth?: "bearer" | "none";
}

/** What kube-apiserver's kubeconfig needs to know. */
export interface ServedEndpoint {
  /** Ends in `/authenticate`. */
  readonly url: string;
  /** Of the gateway itself: also what never comes to the function. */
  readonly requests: IMetric;
  readonly clientErrors: IMetric;
  readonly serverErrors: IMetric;
}

/** Requests a second, and how many at once: a cluster's control plane asks far less than the default. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export function callerAuth(endpoint: Endpoint): "bearer" | "mtls" | "none" {
  if (endpoint.kind === "mtls") return "mtls";
  return endpoint.kind === "private" ? (endpoint.callerAuth ?? "bearer") : "bearer";
}
