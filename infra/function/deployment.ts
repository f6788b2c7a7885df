// Checks a new version of a function before it receives requests, shifts a tenth of them to it for
// ten minutes, and rolls it back on an alarm.

import { Aws, Duration, RemovalPolicy } from "aws-cdk-lib";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  type CfnFunction,
  type IFunction,
  Function as LambdaFunction,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { settingsParameter } from "../../functions/parameters/names.ts";
import { acknowledgeManagedPolicy, acknowledgeWildcard } from "../cdk-rules.ts";
import type { LogSettings } from "../common-props.ts";
import { prefixArn } from "../parameters/owned-parameter.ts";
import { commonSettings } from "./function.ts";

interface DeploymentCheckOptions {
  readonly authenticator: LambdaFunction;
  /**
   * The name of the alias that serves reviews. Its ARN would be a circular reference: the alias
   * depends on this function.
   */
  readonly aliasName: string;
  readonly clusterId: string;
  /** The authenticator's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Begins with `/`. */
  readonly mappingPrefix: string;
  readonly compareStoredValues: boolean;
  readonly logs: LogSettings;
}

/** The authenticator's settings that decide the known answers, and the id of its stored settings. */
const SETTINGS = ["CALLER_AUTH", "CALLER_SUBJECTS", "CLUSTER_ID", "STS_REGIONS", "TOKENS"];

/** Creates the function that checks a new version of the authenticator. */
export function makeDeploymentCheck(
  scope: Construct,
  options: DeploymentCheckOptions,
): LambdaFunction {
  const { authenticator, aliasName, clusterId, environment, mappingPrefix } = options;
  const { compareStoredValues, logs } = options;
  const role = new Role(scope, "DeploymentCheckRole", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
  });
  const logGroup = new LogGroup(scope, "DeploymentCheckLog", {
    ...logs,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  logGroup.grantWrite(role);
  // Covers every version, so that the permission exists long before a new version: IAM changes
  // apply with a delay.
  const versions = `${authenticator.functionArn}:*`;
  role.addToPolicy(
    new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [versions] }),
  );
  acknowledgeWildcard(
    role,
    versions,
    "The check invokes the version that is deployed, whose number is not known in advance.",
  );
  // IAM checks only the path. The permission covers all parameters below it, including the callers'
  // hashes.
  const store = prefixArn(scope, mappingPrefix);
  role.addToPolicy(
    new PolicyStatement({ actions: ["ssm:GetParametersByPath"], resources: [store] }),
  );
  // Whether another stack owns the stored settings.
  role.addToPolicy(
    new PolicyStatement({
      actions: ["ssm:GetParameters", "ssm:ListTagsForResource"],
      resources: [prefixArn(scope, settingsParameter(mappingPrefix, clusterId))],
    }),
  );

  const check = new LambdaFunction(scope, "DeploymentCheck", {
    description: "Checks a new version of the authenticator before it receives reviews",
    ...commonSettings("deployment-check", {
      architecture: authenticator.architecture,
      memorySize: 256,
    }),
    // Lambda's longest. The check ends after 13 minutes; the rest is for its report.
    timeout: Duration.minutes(15),
    role,
    logGroup,
    environment: {
      VERSION_ARN: authenticator.currentVersion.functionArn,
      MAPPING_PREFIX: mappingPrefix,
      STACK_NAME: Aws.STACK_NAME,
      LIVE_ARN: `${authenticator.functionArn}:${aliasName}`,
      ...(!compareStoredValues && { COMPARE_STORED_VALUES: "false" }),
      ...Object.fromEntries(
        Object.entries(environment).filter(([name]) => SETTINGS.includes(name)),
      ),
    },
  });
  (check.node.defaultChild as CfnFunction).addMetadata("SamResourceId", "DeploymentCheck");
  return check;
}

/** Deploys a new version. `check` runs before the version receives requests. */
export function deploySafely(
  scope: Construct,
  alias: Alias,
  check: IFunction | undefined,
  alarms: readonly Alarm[],
) {
  const group = new LambdaDeploymentGroup(scope, "Deployment", {
    alias,
    deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
    alarms: [...alarms],
    ...(check !== undefined && { preHook: check }),
  });
  // The alarms watch the new version before it receives its first request.
  alias.node.addDependency(...alarms);
  if (check !== undefined) {
    // A change of the alias starts a deployment, which needs the check and CodeDeploy's permission
    // to run it.
    alias.node.addDependency(check, group.role);
    acknowledgeWildcard(
      group,
      `${check.functionArn}:*`,
      "CDK's permission to invoke the check includes its versions, of which there are none.",
    );
  }
  const policy = "service-role/AWSCodeDeployRoleForLambdaLimited";
  acknowledgeManagedPolicy(
    group,
    policy,
    "AWS's managed policy for CodeDeploy with Lambda, which CodeDeploy's documentation requires.",
  );
}
