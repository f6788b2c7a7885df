// New versions of the function get a tenth of the reviews first, and go back by themselves when an alarm says so.

import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { LambdaDeploymentConfig, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { acknowledgeManagedPolicy } from "../acknowledge.ts";

export function deploySafely(scope: Construct, alias: Alias, alarms: readonly Alarm[]): void {
  const group = new LambdaDeploymentGroup(scope, "Deployment", {
    alias,
    deploymentConfig: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
    alarms: [...alarms],
  });
  const policy = "service-role/AWSCodeDeployRoleForLambdaLimited";
  acknowledgeManagedPolicy(group, policy, "CodeDeploy's own policy for Lambda, as its documentation asks for.");
}
