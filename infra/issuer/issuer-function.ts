// The issuer's Lambda function, its log and its permissions.

import { Duration } from "aws-cdk-lib";
import { Policy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type Alias, Function as LambdaFunction, SystemLogLevel } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { issuerPath } from "../../functions/issuer/keys.ts";
import type { CommonProps } from "../common-props.ts";
import type { FunctionOptions } from "../function/authenticator-function.ts";
import { commonSettings } from "../function/built-code.ts";
import { allow } from "../function/execution-role.ts";
import { prefixArn } from "../parameters/prefix-arn.ts";

export function makeIssuerFunction(
  scope: Construct,
  { architecture, memorySize }: CommonProps,
  { mappingPrefix, environment, logs }: FunctionOptions,
): Alias {
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
    ...commonSettings("issuer", { architecture, memorySize }),
    // STS waits 5 s, and a request ends within 4 s.
    timeout: Duration.seconds(5),
    environment,
    role,
    systemLogLevelV2: SystemLogLevel.WARN,
    logGroup: log,
  });
  issuer.node.addDependency(policy);
  return issuer.addAlias("live");
}
