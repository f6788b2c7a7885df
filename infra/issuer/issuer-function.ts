// The issuer's Lambda function, its log and its permissions.

import { Duration } from "aws-cdk-lib";
import { Policy, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  type Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { issuerPath } from "../../functions/issuer/keys.ts";
import { builtCode, NODEJS_24 } from "../function/built-code.ts";
import type { LogSettings } from "../log-settings.ts";
import { prefixArn } from "../parameters/prefix-arn.ts";

export interface IssuerFunctionOptions {
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly architecture: Architecture;
  readonly memorySize: number;
  readonly logs: LogSettings;
}

export function makeIssuerFunction(scope: Construct, options: IssuerFunctionOptions): Alias {
  const { mappingPrefix, environment, architecture, memorySize, logs } = options;
  const log = new LogGroup(scope, "Log", { ...logs });
  const role = new Role(scope, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const policy = new Policy(scope, "Rights", {
    roles: [role],
    statements: [
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], log.logGroupArn),
      // IAM checks the path itself, not the parameters below it.
      allow(["ssm:GetParametersByPath"], prefixArn(scope, issuerPath(mappingPrefix))),
    ],
  });
  const issuer = new LambdaFunction(scope, "Function", {
    description: "Serves the discovery document and the JWKS of a service account issuer",
    runtime: NODEJS_24,
    architecture,
    code: builtCode("issuer"),
    handler: "index.handler",
    // STS waits 5 s, and a request ends within 4 s.
    timeout: Duration.seconds(5),
    memorySize,
    environment,
    role,
    loggingFormat: LoggingFormat.JSON,
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
  });
  issuer.node.addDependency(policy);
  return issuer.addAlias("live");
}

function allow(actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}
