// The Lambda function: the built bundle, its log, its VPC and the alias that the endpoint calls.

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { Role } from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  type Architecture,
  type CfnFunction,
  Function as LambdaFunction,
  LoggingFormat,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { LogSettings } from "../log-settings.ts";
import { builtCode, NODEJS_24 } from "./built-code.ts";
import { executionRole } from "./execution-role.ts";

export interface FunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodes: boolean;
  readonly architecture: Architecture;
  readonly memorySize: number;
  readonly logs: LogSettings;
  readonly provisionedConcurrency: number | undefined;
  readonly reservedConcurrency: number | false;
  readonly network: Network | undefined;
}

/** The network of a function in a VPC. */
export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

export interface AuthenticatorFunction {
  readonly authenticator: LambdaFunction;
  /** Moves to a new version only after its check. */
  readonly live: Alias;
  readonly log: LogGroup;
  readonly role: Role;
}

export function makeFunction(scope: Construct, options: FunctionOptions): AuthenticatorFunction {
  const { mappingPrefix, environment, nodes, network, provisionedConcurrency, reservedConcurrency } = options;
  // The log is an audit record, so it remains when the stack is deleted.
  const log = new LogGroup(scope, "Log", { ...options.logs, removalPolicy: RemovalPolicy.RETAIN });
  const { role, policy } = executionRole(scope, { mappingPrefix, nodes, inVpc: network !== undefined, log });

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    runtime: NODEJS_24,
    architecture: options.architecture,
    code: builtCode("authenticator"),
    handler: "index.handler",
    // A review ends within 5 s.
    timeout: Duration.seconds(8),
    memorySize: options.memorySize,
    environment,
    role,
    loggingFormat: LoggingFormat.JSON,
    // Omits Lambda's lines about invocations that succeed. Time-outs and crashes are logged at this level: "System log level
    // event mapping", https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
    // Keeps the former version for a manual rollback. Deletes a version whose deployment is rolled back: otherwise the same
    // deployment would fail again with "A version for this Lambda function exists".
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    ...(reservedConcurrency !== false && { reservedConcurrentExecutions: reservedConcurrency }),
    ...network,
  });
  authenticator.node.addDependency(policy);
  // Lets `sam local invoke` find the function by this name instead of its logical id.
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
  const live = authenticator.addAlias("live", {
    ...(provisionedConcurrency !== undefined && { provisionedConcurrentExecutions: provisionedConcurrency }),
  });
  return { authenticator, live, log, role };
}
