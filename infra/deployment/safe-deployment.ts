// New versions of the function are checked, get a tenth of the requests for ten minutes, and are taken back on an alarm.

import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { type CfnDeploymentGroup, LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { acknowledgeManagedPolicy, acknowledgeWildcard } from "../acknowledge.ts";

/** `check` runs before a new version gets a request. Without `alarms`, only the check takes a version back. */
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
  // Alarms that a template no longer names would stay in the group: https://github.com/aws/aws-cdk/issues/23307
  if (alarms.length === 0)
    (group.node.defaultChild as CfnDeploymentGroup).alarmConfiguration = { enabled: false, alarms: [] };
  // The alarms look at the new version before it gets its first request.
  alias.node.addDependency(...alarms);
  if (check !== undefined) {
    // Only the alias starts a deployment: by then, the check must be there, and CodeDeploy must be allowed to run it.
    alias.node.addDependency(check, group.role);
    acknowledgeWildcard(
      group,
      `${check.functionArn}:*`,
      "CDK's right to invoke the check includes its versions; it has none.",
    );
  }
  const policy = "service-role/AWSCodeDeployRoleForLambdaLimited";
  acknowledgeManagedPolicy(group, policy, "CodeDeploy's own policy for Lambda, as its documentation asks for.");
}
