// The CloudFormation templates of a release: the construct's stacks, with parameters instead of
// CDK's context.

import { App, type IStackSynthesizer, Stack, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { FEATURE_FLAGS } from "../../infra/cdk-rules.ts";
import { DEFAULTS } from "../../infra/common-props.ts";
import { IamAuthenticator } from "../../infra/iam-authenticator.ts";
import { ISSUER_OUTPUTS, ServiceAccountIssuer } from "../../infra/issuer/service-account-issuer.ts";
import { nameOutputs, OUTPUTS } from "../../infra/outputs.ts";
import { codeParameters, type ReleasedCodes, ReleaseSynthesizer } from "../zip.ts";
import {
  accountsParameter,
  commonParameters,
  concurrencyParameters,
  notEmpty,
  optionalText,
  switchParameter,
} from "./parameters.ts";
import {
  ENDPOINTS,
  failoverParameter,
  publishEveryChange,
  switchMonitoring,
  switchSafeDeployments,
} from "./switches.ts";

/**
 * Returns an app with a stack for each template, named after it. CDK writes its other files to
 * `outdir`.
 */
export function releaseApp(codes: ReleasedCodes, outdir: string): App {
  const app = new App({
    analyticsReporting: false,
    outdir,
    // The release creates the zips, so CDK must not copy folders.
    context: { ...FEATURE_FLAGS, "aws:cdk:disable-asset-staging": true },
  });
  const stackOf = (name: string, description: string) => {
    // CDK's types conflict under exactOptionalPropertyTypes.
    const synthesizer = new ReleaseSynthesizer(codes) as IStackSynthesizer;
    return new Stack(app, name, { description, synthesizer });
  };
  for (const kind of ["http", "mtls", "private"] as const) {
    addAuthenticator(
      stackOf(kind, `Authenticates AWS IAM identities for a Kubernetes cluster (${kind})`),
      kind,
      codes,
    );
  }
  addIssuer(
    stackOf("issuer", "Issuer of a Kubernetes cluster: AWS IAM roles for its service accounts"),
    codes,
  );
  return app;
}

function addAuthenticator(stack: Stack, kind: keyof typeof ENDPOINTS, codes: ReleasedCodes): void {
  codeParameters(stack);
  const { reservedConcurrency, throttle } = concurrencyParameters(stack);
  const common = commonParameters(stack, throttle);
  const accounts = accountsParameter(stack);
  const quietHours = optionalText(stack, "QuietHours", {
    description:
      "Hours without a review before the alarm NoReviews, 1 to 168. Empty: no such alarm.",
    allowedPattern: "([1-9]|[1-9][0-9]|1[0-5][0-9]|16[0-8])?",
    constraintDescription: "must be an integer from 1 to 168, or empty.",
  });
  notEmpty(stack, "QuietHours", quietHours);
  const nodeRegion = optionalText(stack, "NodeRegion", {
    description:
      "Region of the cluster's nodes: in the stack of a standby, the primary's region. Empty: the stack's region.",
    allowedPattern: "([a-z]+(-[a-z]+)+-[0-9]+)?",
    constraintDescription: "must be a region, such as eu-west-1, or empty.",
  });
  const { endpoint, settings = {}, finish } = ENDPOINTS[kind](stack);
  const authenticator = new IamAuthenticator(stack, "Authenticator", {
    ...common,
    accounts: [accounts.accepted],
    nodeRegion,
    reservedConcurrency,
    // Only used where it is not empty (switches.ts).
    quietHours: Token.asNumber(quietHours),
    endpoint,
  });
  finish?.(authenticator);
  const failover =
    kind === "private" ? {} : { FailoverUrl: failoverParameter(authenticator, endpoint, common) };
  finishStack(stack, authenticator, OUTPUTS);
  const { clusterId, logLevel } = common;
  const values = [
    clusterId,
    Token.asString(common.memorySize),
    common.architecture.name,
    logLevel,
    nodeRegion,
  ];
  const long = { Accounts: accounts.given, ...settings, ...failover };
  publishEveryChange(authenticator, codes["authenticator"]?.sha256 ?? "", values, long);
}

function addIssuer(stack: Stack, codes: ReleasedCodes): void {
  codeParameters(stack);
  const { issuerThrottle } = DEFAULTS;
  const common = commonParameters(stack, (limit) => ({
    text: String(issuerThrottle[limit]),
    value: issuerThrottle[limit],
  }));
  const issuer = new ServiceAccountIssuer(stack, "Issuer", common);
  finishStack(stack, issuer, ISSUER_OUTPUTS);
  const values = [
    common.clusterId,
    Token.asString(common.memorySize),
    common.architecture.name,
    common.logLevel,
  ];
  publishEveryChange(issuer, codes["issuer"]?.sha256 ?? "", values);
}

function finishStack(stack: Stack, construct: Construct, outputs: readonly string[]): void {
  nameOutputs(construct, outputs);
  switchMonitoring(
    construct,
    switchParameter(
      stack,
      "Monitoring",
      "true: creates the alarms that notify. false: none of them.",
      true,
    ),
  );
  const safe =
    "true: a new version is checked, receives a tenth of the requests for ten minutes, and is rolled back on an alarm. false: it receives all requests at once.";
  switchSafeDeployments(construct, switchParameter(stack, "SafeDeployments", safe, true));
}
