// The Lambda function: its code as `npm run build` writes it, its log, its VPC with interface
// endpoints, and the alias that the endpoint calls. Also the settings that all functions share.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type IVpc,
} from "aws-cdk-lib/aws-ec2";
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  RuntimeFamily,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { ARecord, PrivateHostedZone, RecordTarget } from "aws-cdk-lib/aws-route53";
import { InterfaceVpcEndpointTarget } from "aws-cdk-lib/aws-route53-targets";
import type { Construct } from "constructs";
import { partitionOfIssuer } from "../../functions/aws/partitions.ts";
import { given } from "../cdk-rules.ts";
import { type CommonProps, DEFAULTS, type LogSettings } from "../common-props.ts";
import type { AwsSignedTokens, IamAuthenticatorProps } from "../props.ts";
import { executionRole } from "./execution-role.ts";

export interface FunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logs: LogSettings;
}

/** Creates the function. `live` is the alias, which moves to a new version only after its check. */
export function makeFunction(
  scope: Construct,
  props: IamAuthenticatorProps,
  options: FunctionOptions,
) {
  const {
    nodes = false,
    architecture,
    memorySize,
    vpc,
    vpcSubnets,
    securityGroups,
    provisionedConcurrency,
  } = props;
  const { reservedConcurrency = false } = props;
  const { mappingPrefix, environment } = options;
  // The log is an audit record, so it remains when the stack is deleted, but not after a failed
  // first deployment.
  const log = new LogGroup(scope, "Log", {
    ...options.logs,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const { role, policy } = executionRole(scope, {
    mappingPrefix,
    nodes,
    inVpc: vpc !== undefined,
    log,
  });

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    ...commonSettings("authenticator", { architecture, memorySize }),
    // A review ends within 5 s.
    timeout: Duration.seconds(8),
    environment,
    role,
    // Omits Lambda's lines about invocations that succeed. Time-outs and crashes are logged at this
    // level: "System log level event mapping",
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
    // Keeps the former version for a manual rollback. Deletes a version whose deployment is rolled
    // back: otherwise the same deployment would fail again with "A version for this Lambda function
    // exists".
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    ...(reservedConcurrency !== false && { reservedConcurrentExecutions: reservedConcurrency }),
    ...given({ vpc, vpcSubnets, securityGroups: securityGroups && [...securityGroups] }),
  });
  authenticator.node.addDependency(policy);
  // Lets `sam local invoke` find the function by this name instead of its logical id.
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
  const live = authenticator.addAlias(
    "live",
    given({ provisionedConcurrentExecutions: provisionedConcurrency }),
  );
  return { authenticator, live, log, role };
}

/**
 * The runtime by name, since `Runtime.NODEJS_24_X` does not exist in the oldest supported
 * aws-cdk-lib.
 */
const NODEJS_24 = new Runtime("nodejs24.x", RuntimeFamily.NODEJS, { supportsInlineCode: true });

/** Returns the settings of every function. `name` is the folder in dist/. */
export function commonSettings(
  name: string,
  props: { [K in "architecture" | "memorySize"]: CommonProps[K] | undefined },
) {
  return {
    runtime: NODEJS_24,
    architecture: props.architecture ?? Architecture.ARM_64,
    memorySize: props.memorySize ?? DEFAULTS.memorySize,
    code: Code.fromAsset(builtFolder(name)),
    handler: "index.handler",
    loggingFormat: LoggingFormat.JSON,
  };
}

/**
 * Finds the built code in the parent folders: the package's root is above this code, both in the
 * sources and in the build.
 */
function builtFolder(name: string, below = import.meta.dirname): string {
  const folder = join(below, "dist", name);
  if (existsSync(join(folder, "index.mjs"))) return folder;
  if (dirname(below) === below)
    throw new Error(`dist/${name}/index.mjs does not exist: run npm run build first`);
  return builtFolder(name, dirname(below));
}

/**
 * Creates the interface endpoints. A VPC can have one of each: AWS rejects a second one with
 * `conflicting DNS domain`.
 */
export function makeVpcEndpoints(
  scope: Construct,
  vpc: IVpc,
  signedTokens: readonly AwsSignedTokens[],
): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", {
    vpc,
    service: InterfaceVpcEndpointAwsService.STS,
  });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", {
    vpc,
    service: InterfaceVpcEndpointAwsService.SSM,
  });
  const [first] = signedTokens;
  if (first !== undefined) makeKeysEndpoint(scope, vpc, first.issuer);
}

/**
 * Creates an endpoint and resolves all issuers of the partition to it: its own private DNS name is
 * another one. Never tried on AWS.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_oidc_vpc_endpoint_create.html
 */
function makeKeysEndpoint(scope: Construct, vpc: IVpc, issuer: string): void {
  const domain = partitionOfIssuer(issuer)?.tokenIssuerDomain;
  if (domain === undefined) {
    throw new Error(
      `awsSignedTokens with vpcEndpoints must have an issuer that is known at synth, such as https://<id>.tokens.sts.global.api.aws, not ${issuer}`,
    );
  }
  const service = new InterfaceVpcEndpointAwsService("sts-oidc");
  const endpoint = new InterfaceVpcEndpoint(scope, "TokenKeysEndpoint", {
    vpc,
    service,
    privateDnsEnabled: false,
  });
  const zone = new PrivateHostedZone(scope, "TokenIssuers", {
    vpc,
    zoneName: `tokens.sts.global.${domain}`,
  });
  const target = RecordTarget.fromAlias(new InterfaceVpcEndpointTarget(endpoint));
  new ARecord(scope, "TokenIssuer", { zone, recordName: "*", target });
}
