// The Lambda function: the built bundle, its log, its VPC and the alias that the endpoint calls.

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { type CfnFunction, Function as LambdaFunction, SystemLogLevel } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { DEFAULTS } from "../defaults.ts";
import { given } from "../given.ts";
import type { LogSettings } from "../log-settings.ts";
import type { IamAuthenticatorProps } from "../props.ts";
import { commonSettings } from "./built-code.ts";
import { executionRole } from "./execution-role.ts";

export interface FunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logs: LogSettings;
}

/** `live`: the alias, which moves to a new version only after its check. */
export function makeFunction(scope: Construct, props: IamAuthenticatorProps, options: FunctionOptions) {
  const { nodes = false, architecture, memorySize, vpc, vpcSubnets, securityGroups, provisionedConcurrency } = props;
  const { reservedConcurrency = DEFAULTS.reservedConcurrency } = props;
  const { mappingPrefix, environment } = options;
  // The log is an audit record, so it remains when the stack is deleted, but not after a failed first deployment.
  const log = new LogGroup(scope, "Log", { ...options.logs, removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE });
  const { role, policy } = executionRole(scope, { mappingPrefix, nodes, inVpc: vpc !== undefined, log });

  const authenticator = new LambdaFunction(scope, "Function", {
    description: "Answers TokenReviews of kube-apiserver",
    ...commonSettings("authenticator", { architecture, memorySize }),
    // A review ends within 5 s.
    timeout: Duration.seconds(8),
    environment,
    role,
    // Omits Lambda's lines about invocations that succeed. Time-outs and crashes are logged at this level: "System log level
    // event mapping", https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
    // Keeps the former version for a manual rollback. Deletes a version whose deployment is rolled back: otherwise the same
    // deployment would fail again with "A version for this Lambda function exists".
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    ...(reservedConcurrency !== false && { reservedConcurrentExecutions: reservedConcurrency }),
    ...given({ vpc, vpcSubnets, securityGroups: securityGroups && [...securityGroups] }),
  });
  authenticator.node.addDependency(policy);
  // Lets `sam local invoke` find the function by this name instead of its logical id.
  (authenticator.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "Authenticator");
  const live = authenticator.addAlias("live", given({ provisionedConcurrentExecutions: provisionedConcurrency }));
  return { authenticator, live, log, role };
}
