// New versions of the function are checked, get a tenth of the reviews first, and are taken back when an alarm goes off.

import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { acknowledgeManagedPolicy, acknowledgeWildcard } from "../acknowledge.ts";

/** `check` runs before a new version gets a request. */
export function deploySafely(
  scope: Construct,
  alias: Alias,
  check: IFunction | undefined,
  alarms: readonly Alarm[],
): void {
  const group = new LambdaDeploymentGroup(scope, "Deployment", {
    alias,
    deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
    alarms: [...alarms],
    ...(check !== undefined && { preHook: check }),
  });
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
