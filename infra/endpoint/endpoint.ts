// The kinds of endpoint that kube-apiserver can be given, and what each needs.

import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
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
   * @default - one is made, with private DNS
   */
  readonly vpcEndpoint?: IInterfaceVpcEndpoint;
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
}

/** Requests a second, and how many at once above that: a cluster's control plane asks far less. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export function callerAuth(endpoint: Endpoint): "bearer" | "mtls" | "none" {
  if (endpoint.kind === "mtls") return "mtls";
  return endpoint.kind === "private" ? (endpoint.callerAuth ?? "bearer") : "bearer";
}
