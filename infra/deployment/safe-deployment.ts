// Checks a new version of a function, shifts a tenth of the requests to it for ten minutes, and rolls it back on an alarm.

import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { acknowledgeManagedPolicy, acknowledgeWildcard } from "../acknowledge.ts";

/** `check` runs before a new version receives requests. */
export function deploySafely(
  scope: Construct,
  alias: Alias,
  check: IFunction | undefined,
  alarms: readonly Alarm[],
): void {
  const group = new LambdaDeploymentGroup(scope, "Deployment", {
    alias,
    deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_10MINUTES,
    alarms: [...alarms],
    ...(check !== undefined && { preHook: check }),
  });
  // The alarms watch the new version before it receives its first request.
  alias.node.addDependency(...alarms);
  if (check !== undefined) {
    // A change of the alias starts a deployment, which needs the check and CodeDeploy's permission to run it.
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
