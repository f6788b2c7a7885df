// Test stacks with one authenticator each, for each kind of endpoint.

import "./quick-synth.ts";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, type IVpc, Vpc } from "aws-cdk-lib/aws-ec2";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import {
  type Endpoint,
  IamAuthenticator,
  type IamAuthenticatorProps,
  ServiceAccountIssuer,
  type ServiceAccountIssuerProps,
} from "../../infra/iam-authenticator.ts";
import { VPC } from "./clusters.ts";

export const ACCOUNT = "111122223333";
export const REGION = "eu-west-1";
export const ENV = { env: { account: ACCOUNT, region: REGION } };

export type Kind = "http" | "mtls" | "private";
/** The prefix of each kind's logical ids. */
export const SCOPES = {
  http: "Authenticator",
  mtls: "AuthenticatorMtls",
  private: "AuthenticatorPrivate",
};
export const KINDS: readonly Kind[] = ["http", "mtls", "private"];

export type Synthesized = ReturnType<typeof stackOf>;

/** Additional props can need a scope, such as a VPC or a topic. */
export type MoreProps =
  | Partial<IamAuthenticatorProps>
  | ((scope: Construct) => Partial<IamAuthenticatorProps>);

/** `template()` synthesizes the stack. Later additions are not included. */
export function stackOf(kind: Kind, more: MoreProps = {}, app = new App()) {
  const stack = new Stack(app, "Test", ENV);
  const props = typeof more === "function" ? more(stack) : more;
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    clusterId: "prod.example",
    ...props,
    endpoint: props.endpoint ?? endpointOf(kind, stack),
  });
  return { app, stack, authenticator, template: () => Template.fromStack(stack) };
}

export function issuerOf(
  more: (scope: Construct) => Partial<ServiceAccountIssuerProps> = () => ({}),
  app = new App(),
) {
  const stack = new Stack(app, "Test", ENV);
  const issuer = new ServiceAccountIssuer(stack, "Issuer", { clusterId: "prod", ...more(stack) });
  return { app, stack, issuer, template: () => Template.fromStack(stack) };
}

const templates = new Map<Kind, Template>();

/** The template of a stack with all defaults, synthesized once. */
export function templateOf(kind: Kind): Template {
  const template = templates.get(kind) ?? stackOf(kind).template();
  templates.set(kind, template);
  return template;
}

export function endpointOf(kind: Kind, scope: Construct): Endpoint {
  if (kind === "http") return { kind };
  if (kind === "private") return { kind, vpc: vpcOf(scope, "ControlPlaneVpc") };
  const zone = { hostedZoneId: "Z0123456789ABCDEFGHIJ", zoneName: "example.com" };
  return {
    kind,
    domainName: "authenticator.example.com",
    subjects: ["CN=kube-apiserver,O=Example"],
    certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn(REGION)),
    truststore: {
      bucket: Bucket.fromBucketName(scope, "Truststore", "trust"),
      key: "ca.pem",
      version: "v1",
    },
    hostedZone: HostedZone.fromHostedZoneAttributes(scope, "Zone", zone),
  };
}

export function certificateArn(region: string): string {
  return `arn:aws:acm:${region}:${ACCOUNT}:certificate/12345678-1234-1234-1234-123456789012`;
}

export function vpcOf(scope: Construct, id: string): IVpc {
  return Vpc.fromVpcAttributes(scope, id, { ...VPC, vpcCidrBlock: VPC.cidr });
}

export function givenVpcEndpoint(scope: Construct) {
  const attributes = { vpcEndpointId: "vpce-0123456789abcdef0", port: 443 };
  return InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(
    scope,
    "GivenVpcEndpoint",
    attributes,
  );
}
