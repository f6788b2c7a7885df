// What a template of a release does by its parameters, where CDK decides at synth: parts that may be left out, and a new
// version of the function for each change of its settings.

import { CfnCondition, type CfnResource, Fn, Stack } from "aws-cdk-lib";
import { CfnAlarm, CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import { CfnDeploymentGroup, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { CfnManagedPolicy, CfnPolicy } from "aws-cdk-lib/aws-iam";
import { CfnAlias, CfnFunction, CfnVersion } from "aws-cdk-lib/aws-lambda";
import { CfnQueryDefinition } from "aws-cdk-lib/aws-logs";
import type { Construct, IConstruct } from "constructs";
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
    // Alarms that a template no longer names would stay in the group: https://github.com/aws/aws-cdk/issues/23307
    const none = { Enabled: false, Alarms: [] };
    group.alarmConfiguration = Fn.conditionIf(isWatched.logicalId, { Enabled: true, Alarms: names }, none);
    const events = ["DEPLOYMENT_FAILURE", valueIf(isWatched, "DEPLOYMENT_STOP_ON_ALARM").toString()];
    group.autoRollbackConfiguration = { enabled: true, events };
  }
}

/**
 * CodeDeploy moves the alias step by step if `isSafe`; otherwise CloudFormation does, at once. Alarms that compare two
 * versions are there if both switches are on.
 */
export function switchSafeDeployments(scope: Construct, isSafe: CfnCondition, isWatched: CfnCondition): void {
  const check = scope.node.findAll().filter(({ node }) => node.id.startsWith("DeploymentCheck"));
  const groups = below(scope, LambdaDeploymentGroup);
  onlyIf(isSafe, [...groups, ...check]);
  const both = new CfnCondition(Stack.of(scope), "IsComparing", { expression: Fn.conditionAnd(isSafe, isWatched) });
  onlyIf(
    both,
    scope.node.children.flatMap(({ node }) => node.findAll()).filter(({ node }) => node.id.startsWith("NewVersion")),
  );
  for (const alias of below(scope, CfnAlias)) {
    // What is under a condition cannot be in DependsOn, since it may not be there. A reference under the same condition
    // makes the alias wait for it: for the group, which waits for its alarms, and for CodeDeploy's right to run the check.
    alias.addDeletionOverride("DependsOn");
    const names = groups.flatMap(({ node, role }) => [
      ...below(node.scope ?? scope, CfnDeploymentGroup),
      ...below(role, CfnPolicy),
    ]);
    alias.description = valueIf(isSafe, Fn.join(" ", ["Moved by", ...names.map(({ ref }) => ref)])).toString();
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
 * `long` values, by the names of their parameters, do not fit into the 256 characters: a policy stands for each.
 */
export function publishEveryChange(
  scope: Construct,
  sha256: string,
  values: readonly string[],
  long: Readonly<Record<string, string>> = {},
): void {
  const [main] = below(scope, CfnFunction).filter(({ node }) => !node.path.includes("DeploymentCheck"));
  if (main === undefined) throw new Error(`${scope.node.path} has no function`);
  const names = Object.entries(long).map(([name, value]) => changingName(scope, name, value, main.attrArn));
  for (const version of below(scope, CfnVersion)) {
    version.description = Fn.join(" ", [...values, ...names]);
    // Lambda refuses to publish any other code than this release's.
    version.codeSha256 = sha256;
  }
}

/**
 * A name that is another one for each value. CloudFormation cannot compute a hash; but another description replaces a
 * managed policy, under a name that CloudFormation makes, and a rollback brings the former name back. Nobody has it
 * attached. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
 */
function changingName(scope: Construct, name: string, value: string, functionArn: string): string {
  const allow = { Effect: "Allow", Action: "lambda:GetFunctionConfiguration", Resource: functionArn };
  return new CfnManagedPolicy(scope, `${name}Change`, {
    description: Fn.join(" ", [`${name}:`, value]),
    policyDocument: { Version: "2012-10-17", Statement: [allow] },
  }).ref;
}
