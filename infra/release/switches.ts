// What a template of a release does by its parameters, where CDK decides at synth: parts that may be left out, and a new
// version of the function for each change of its settings.

import { type CfnCondition, type CfnResource, Fn, Stack } from "aws-cdk-lib";
import { CfnAlarm, CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import { CfnDeploymentGroup, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { CfnAlias, CfnVersion } from "aws-cdk-lib/aws-lambda";
import { CfnQueryDefinition } from "aws-cdk-lib/aws-logs";
import type { IConstruct } from "constructs";
import { onlyIf, valueIf } from "./conditions.ts";

function below<T extends IConstruct>(scope: IConstruct, kind: abstract new (...args: never[]) => T): T[] {
  return scope.node.findAll().filter((child): child is T => child instanceof kind);
}

/** Alarms, dashboard and saved queries are there if `isWatched`. */
export function switchMonitoring(scope: IConstruct, isWatched: CfnCondition): void {
  const watching = [CfnAlarm, CfnDashboard, CfnQueryDefinition].flatMap((kind) => below<CfnResource>(scope, kind));
  onlyIf(isWatched, watching);
  for (const group of below(scope, CfnDeploymentGroup)) {
    const alarms: { alarms: { name: unknown }[] } = Stack.of(scope).resolve(group.alarmConfiguration);
    const names = alarms.alarms.map(({ name }) => ({ Name: name }));
    group.alarmConfiguration = valueIf(isWatched, { Enabled: true, Alarms: names });
    const events = ["DEPLOYMENT_FAILURE", valueIf(isWatched, "DEPLOYMENT_STOP_ON_ALARM").toString()];
    group.autoRollbackConfiguration = { enabled: true, events };
  }
}

/** CodeDeploy moves the alias step by step if `isSafe`; otherwise CloudFormation does, at once. */
export function switchSafeDeployments(scope: IConstruct, isSafe: CfnCondition): void {
  const check = scope.node.findAll().filter(({ node }) => node.id.startsWith("DeploymentCheck"));
  onlyIf(isSafe, [...below(scope, LambdaDeploymentGroup), ...check]);
  for (const alias of below(scope, CfnAlias)) {
    // What is under the condition must not be waited for, since it may not be there. The policy below names it too.
    alias.addDeletionOverride("DependsOn");
    const update = alias.cfnOptions.updatePolicy?.codeDeployLambdaAliasUpdate;
    if (update === undefined) continue;
    const { applicationName, deploymentGroupName, beforeAllowTrafficHook } = update;
    const policy = {
      ApplicationName: applicationName,
      DeploymentGroupName: deploymentGroupName,
      BeforeAllowTrafficHook: beforeAllowTrafficHook,
    };
    // The property's type has no place for a condition, which CloudFormation takes:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
    alias.cfnOptions.updatePolicy = {
      codeDeployLambdaAliasUpdate: valueIf(isSafe, policy) as unknown as typeof update,
    };
  }
}

/**
 * CloudFormation publishes a version when a property of the version changes, not when one of the function does. So the
 * description has every value that the function gets: a change of a parameter is a new version, and CodeDeploy's to check.
 * Values that do not fit into the 256 characters fail the deployment.
 */
export function publishEveryChange(scope: IConstruct, sha256: string, values: readonly string[]): void {
  for (const version of below(scope, CfnVersion)) {
    version.description = Fn.join(" ", [...values]);
    // Lambda refuses to publish any other code than this release's.
    version.codeSha256 = sha256;
  }
}
