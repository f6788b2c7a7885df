// The CloudFormation templates of a release: the construct's own stacks, with parameters where CDK's context has settings.

import { App, type CfnOutput, type IStackSynthesizer, Stack, Token } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { InterfaceVpcEndpoint, Vpc } from "aws-cdk-lib/aws-ec2";
import { CfnRecordSet, HostedZone } from "aws-cdk-lib/aws-route53";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { DEFAULTS } from "../defaults.ts";
import type { Endpoint, MtlsEndpoint, PrivateEndpoint } from "../endpoint/endpoint.ts";
import { defaultThrottle } from "../endpoint/throttle.ts";
import { IamAuthenticator } from "../iam-authenticator.ts";
import { ISSUER_OUTPUTS, ServiceAccountIssuer } from "../issuer/service-account-issuer.ts";
import { OUTPUTS } from "../outputs.ts";
import { codeParameters, type ReleasedCodes, ReleaseSynthesizer } from "./code-location.ts";
import { notEmpty, onlyIf, switchParameter, valueIf } from "./conditions.ts";
import { commonParameters, optionalNumber, optionalText, text } from "./parameters.ts";
import { publishEveryChange, switchMonitoring, switchSafeDeployments } from "./switches.ts";

const ENDPOINTS = { http: httpEndpoint, mtls: mtlsEndpoint, private: privateEndpoint };

/** An app with a stack for each template, named after it. `outdir` is for what CDK writes besides. */
export function releaseApp(codes: ReleasedCodes, outdir: string): App {
  const app = new App({
    analyticsReporting: false,
    outdir,
    // The zips are made by the release itself: CDK must not copy folders.
    context: { "aws:cdk:disable-asset-staging": true },
  });
  const stackOf = (name: string, description: string) => {
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    const synthesizer = new ReleaseSynthesizer(codes) as IStackSynthesizer;
    return new Stack(app, name, { description, synthesizer });
  };
  for (const kind of ["http", "mtls", "private"] as const) {
    addAuthenticator(stackOf(kind, `Authenticates AWS IAM identities for a Kubernetes cluster (${kind})`), kind, codes);
  }
  addIssuer(stackOf("issuer", "Issuer of a Kubernetes cluster: AWS IAM roles for its service accounts"), codes);
  return app;
}

function addAuthenticator(stack: Stack, kind: keyof typeof ENDPOINTS, codes: ReleasedCodes): void {
  codeParameters(stack);
  const common = commonParameters(stack, defaultThrottle(undefined));
  const accounts = optionalText(stack, "Accounts", {
    description:
      "Account ids, separated by commas: identities of others are refused. Empty: identities of any account.",
    allowedPattern: "([0-9]{12}(,[0-9]{12})*)?",
    constraintDescription: "must be account ids of 12 digits, separated by commas, or empty.",
  });
  const reservedConcurrency = optionalNumber(stack, "ReservedConcurrency", {
    description:
      "The most environments of the function at once, taken from the account's limit. Empty: as many as the account allows. With 8, set ThrottleRate to 200 and ThrottleBurst to 2000.",
  });
  const { endpoint, settings = [], finish } = ENDPOINTS[kind](stack);
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...common,
    accounts: [accounts],
    reservedConcurrency,
    endpoint,
  });
  finish?.(authenticator);
  finishStack(stack, authenticator, OUTPUTS);
  const { clusterId, logLevel } = common;
  const values = [
    clusterId,
    Token.asString(common.memorySize),
    common.architecture.name,
    logLevel,
    accounts,
    ...settings,
  ];
  publishEveryChange(authenticator, codes["authenticator"]?.sha256 ?? "", values);
}

function addIssuer(stack: Stack, codes: ReleasedCodes): void {
  codeParameters(stack);
  const common = commonParameters(stack, DEFAULTS.issuerThrottle);
  const issuer = new ServiceAccountIssuer(stack, "Issuer", common);
  finishStack(stack, issuer, ISSUER_OUTPUTS);
  const values = [common.clusterId, Token.asString(common.memorySize), common.architecture.name, common.logLevel];
  publishEveryChange(issuer, codes["issuer"]?.sha256 ?? "", values);
}

function finishStack(stack: Stack, construct: Construct, outputs: readonly string[]): void {
  for (const name of outputs) (construct.node.findChild(name) as CfnOutput).overrideLogicalId(name);
  const watch =
    "false leaves out alarms, dashboard and saved queries; a bad version is then not taken back by an alarm.";
  switchMonitoring(construct, switchParameter(stack, "Monitoring", watch, true));
  const safe =
    "A new version is checked, gets a tenth of the requests for five minutes, and is taken back on an alarm. false: it gets all at once.";
  switchSafeDeployments(construct, switchParameter(stack, "SafeDeployments", safe, true));
}

interface ParameterizedEndpoint<E extends Endpoint> {
  readonly endpoint: E;
  /** Those of the function, beside what every kind has. */
  readonly settings?: readonly string[];
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
    description: "ARN of ACM's certificate for the domain, in the stack's region.",
    allowedPattern: "arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+",
    constraintDescription: "must be the ARN of a certificate of ACM.",
  });
  const ownershipArn = optionalText(stack, "OwnershipCertificateArn", {
    description:
      "ARN of a public certificate of ACM for the domain, where the first was imported or is of a private CA.",
  });
  const bucket = text(stack, "TruststoreBucket", {
    description: "S3 bucket with the PEM file of the certificate authorities that may issue client certificates.",
    minLength: 3,
  });
  const key = text(stack, "TruststoreKey", { description: "Key of that PEM file.", minLength: 1 });
  const version = optionalText(stack, "TruststoreVersion", {
    description: "Version of that PEM file: without it, a changed file counts only when the domain changes.",
  });
  const subjects = text(stack, "CallerSubjects", {
    description: "Whole subject DNs of kube-apiserver's client certificates, as API Gateway gives them, separated by ;",
    minLength: 1,
  });
  const zoneId = optionalText(stack, "HostedZoneId", {
    description: "Id of the Route 53 zone that gets an alias record for the domain. Empty: make a record yourself.",
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
      // Only for the check that the domain is in the zone, which the deployment makes.
      hostedZone: HostedZone.fromHostedZoneAttributes(stack, "Zone", { hostedZoneId: zoneId, zoneName: domainName }),
    },
    settings: [subjects],
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
    description: "An interface endpoint for execute-api in the control plane's VPC.",
    allowedPattern: "vpce-[0-9a-f]+",
    constraintDescription: "must be the id of a VPC endpoint.",
  });
  const imported = { vpcEndpointId, port: 443 };
  return {
    endpoint: {
      kind: "private",
      // Only asked where an endpoint is made.
      vpc: Vpc.fromVpcAttributes(stack, "ControlPlaneVpc", { vpcId: "unused", availabilityZones: ["unused"] }),
      vpcEndpoint: InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, "GivenVpcEndpoint", imported),
    },
  };
}
