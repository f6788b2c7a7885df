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
  readonly reservedConcurrency: number | undefined;
  readonly network: Network | undefined;
}

/** Where the function is, when it is in a VPC. */
export interface Network {
  readonly vpc: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: ISecurityGroup[];
}

export interface AuthenticatorFunction {
  readonly authenticator: LambdaFunction;
  /** Moves to a new version only after that has proved itself. */
  readonly live: Alias;
  readonly log: LogGroup;
  readonly role: Role;
}

export function makeFunction(scope: Construct, options: FunctionOptions): AuthenticatorFunction {
  const { mappingPrefix, environment, nodes, network, provisionedConcurrency, reservedConcurrency } = options;
  // The record of who was let in must outlive the function: the log stays when the stack is removed.
  const log = new LogGroup(scope, "Log", { ...options.logs, removalPolicy: RemovalPolicy.RETAIN });
  const { role, policy } = executionRole(scope, { mappingPrefix, nodes, inVpc: network !== undefined, log });

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    runtime: NODEJS_24,
    architecture: options.architecture,
    code: builtCode("authenticator"),
    handler: "index.handler",
    // A review ends within 5 s by itself.
    timeout: Duration.seconds(8),
    memorySize: options.memorySize,
    environment,
    role,
    loggingFormat: LoggingFormat.JSON,
    logGroup: log,
    // The version before stays, to go back to by hand. One whose deployment is rolled back is deleted: it would make the
    // same deployment fail again, with "A version for this Lambda function exists".
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    ...network,
  });
  authenticator.node.addDependency(policy);
  // `sam local invoke` finds a function inside a construct by this name, otherwise only by its logical id.
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
  const live = authenticator.addAlias("live", {
    ...(provisionedConcurrency !== undefined && { provisionedConcurrentExecutions: provisionedConcurrency }),
  });
  return { authenticator, live, log, role };
}
