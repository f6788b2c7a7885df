// The function that CodeDeploy runs before a new version gets its first review.

import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type CfnFunction, Function as LambdaFunction, LoggingFormat } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { acknowledgeWildcard } from "../acknowledge.ts";
import { builtCode, NODEJS_24 } from "../function/built-code.ts";
import type { LogSettings } from "../log-settings.ts";
import { prefixArn } from "../parameters/prefix-arn.ts";

export interface DeploymentCheckOptions {
  readonly authenticator: LambdaFunction;
  /** Of the alias that answers reviews. Its ARN would make a circle: the alias waits for this function. */
  readonly aliasName: string;
  /** The authenticator's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly logs: LogSettings;
}

/** What decides about the known answers. */
const SETTINGS = ["CALLER_AUTH", "CALLER_SUBJECTS", "STS_REGIONS"];

export function makeDeploymentCheck(scope: Construct, options: DeploymentCheckOptions): LambdaFunction {
  const { authenticator, aliasName, environment, mappingPrefix, logs } = options;
  const role = new Role(scope, "DeploymentCheckRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  const logGroup = new LogGroup(scope, "DeploymentCheckLog", {
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  logGroup.grantWrite(role);
  // Every version, so that the right is there long before the version is: IAM takes its time.
  const versions = `${authenticator.functionArn}:*`;
  role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [versions] }));
  acknowledgeWildcard(role, versions, "The check invokes the version that is deployed, whichever number it gets.");
  // IAM checks the path alone: all parameters below it, the callers' hashes too.
  const store = prefixArn(scope, mappingPrefix);
  role.addToPolicy(new PolicyStatement({ actions: ["ssm:GetParametersByPath"], resources: [store] }));

  const check = new LambdaFunction(scope, "DeploymentCheck", {
    description: "Checks a new version of the authenticator before it gets reviews",
    runtime: NODEJS_24,
    architecture: authenticator.architecture,
    code: builtCode("deployment-check"),
    handler: "index.handler",
    // Ten reviews of 8 s each at most, and up to 8 minutes for the store.
    timeout: Duration.minutes(10),
    memorySize: 256,
    role,
    loggingFormat: LoggingFormat.JSON,
    logGroup,
    environment: {
      VERSION_ARN: authenticator.currentVersion.functionArn,
      MAPPING_PREFIX: mappingPrefix,
      LIVE_ARN: `${authenticator.functionArn}:${aliasName}`,
      ...Object.fromEntries(Object.entries(environment).filter(([name]) => SETTINGS.includes(name))),
    },
  });
  (check.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "DeploymentCheck");
  return check;
}
