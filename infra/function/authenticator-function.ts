// The Lambda function: the built bundle, its log, its place and the alias that the endpoint calls.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { InterfaceVpcEndpoint, InterfaceVpcEndpointAwsService, type IVpc } from "aws-cdk-lib/aws-ec2";
import {
  type Alias,
  type Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { executionRole } from "./execution-role.ts";

export interface FunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: boolean;
  readonly architecture: Architecture;
  readonly memorySize: number;
  readonly logRetention: RetentionDays;
  readonly provisionedConcurrency: number | undefined;
  readonly reservedConcurrency: number | undefined;
  readonly vpc: IVpc | undefined;
  readonly vpcEndpoints: boolean;
}

export interface AuthenticatorFunction {
  /** Moves to a new version only when that proves itself. */
  readonly live: Alias;
  readonly log: LogGroup;
}

export function makeFunction(scope: Construct, options: FunctionOptions): AuthenticatorFunction {
  const { mappingPrefix, environment, nodes, vpc, provisionedConcurrency, reservedConcurrency } = options;
  // Who was let in is worth more than the function: the log stays when the stack goes.
  const log = new LogGroup(scope, "Log", { retention: options.logRetention, removalPolicy: RemovalPolicy.RETAIN });
  if (vpc !== undefined && options.vpcEndpoints) reachAwsFrom(scope, vpc);

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    runtime: Runtime.NODEJS_24_X,
    architecture: options.architecture,
    code: Code.fromAsset(bundleFolder()),
    handler: "index.handler",
    // A review ends within 5 s by itself.
    timeout: Duration.seconds(8),
    memorySize: options.memorySize,
    environment,
    role: executionRole(scope, { mappingPrefix, nodes, inVpc: vpc !== undefined, log }),
    loggingFormat: LoggingFormat.JSON,
    logGroup: log,
    // The version before stays, to go back to by hand.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    ...(vpc !== undefined && { vpc }),
  });
  // `sam local invoke` finds a function inside a construct by this name, else only by its logical id.
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
  const live = authenticator.addAlias("live", {
    ...(provisionedConcurrency !== undefined && { provisionedConcurrentExecutions: provisionedConcurrency }),
  });
  return { live, log };
}

/** What `npm run build` makes: in this package, wherever below its folder this code is. */
function bundleFolder(below = import.meta.dirname): string {
  const folder = join(below, "dist", "authenticator");
  if (existsSync(join(folder, "index.mjs"))) return folder;
  if (dirname(below) === below) throw new Error("there is no dist/authenticator/index.mjs: run npm run build first");
  return bundleFolder(dirname(below));
}

/** The region's STS and Parameter Store, without a way to the internet. */
function reachAwsFrom(scope: Construct, vpc: IVpc): void {
  new InterfaceVpcEndpoint(scope, "StsEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.STS });
  new InterfaceVpcEndpoint(scope, "ParametersEndpoint", { vpc, service: InterfaceVpcEndpointAwsService.SSM });
}
