// Lets the parameters of a release's template decide at deployment what CDK decides at synth: optional parts, and a new
// version of the function for each change of its settings.

import { CfnCondition, Fn, Stack } from "aws-cdk-lib";
import { CfnAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { CfnDeploymentGroup, LambdaDeploymentGroup } from "aws-cdk-lib/aws-codedeploy";
import { CfnManagedPolicy, CfnPolicy } from "aws-cdk-lib/aws-iam";
import { CfnAlias, CfnFunction, CfnVersion } from "aws-cdk-lib/aws-lambda";
import type { Construct, IConstruct } from "constructs";
import { onlyIf, valueIf } from "./conditions.ts";
import { FAILING_WITH_STANDBY } from "./failover.ts";

function below<T extends IConstruct>(scope: IConstruct, kind: abstract new (...args: never[]) => T): T[] {
  return scope.node.findAll().filter((child): child is T => child instanceof kind);
}

const isNewVersion = ({ node }: IConstruct) => node.path.includes("/NewVersion");

/**
 * Creates the alarms that notify only if `isWatched`, NoReviews only with QuietHours, and one of the two alarms Failing. The
 * others belong to safe deployments.
 */
export function switchMonitoring(scope: IConstruct, isWatched: CfnCondition): void {
  const notifying = below(scope, CfnAlarm).filter((alarm) => !isNewVersion(alarm));
  onlyIf(isWatched, notifying);
  const stack = Stack.of(scope);
  for (const [alarm, name, expected] of [
    ["NoReviews", "HasQuietHours", true],
    ["Failing", "HasFailoverUrl", false],
    [FAILING_WITH_STANDBY, "HasFailoverUrl", true],
  ] as const) {
    const condition = stack.node.tryFindChild(name);
    if (!(condition instanceof CfnCondition)) continue;
    const expression = Fn.conditionAnd(isWatched, expected ? condition : Fn.conditionNot(condition));
    onlyIf(
      new CfnCondition(stack, `Has${alarm}`, { expression }),
      notifying.filter(({ node }) => node.path.includes(`/${alarm}/`)),
    );
  }
}

/** If `isSafe`, CodeDeploy shifts the alias gradually; otherwise CloudFormation moves it at once. */
export function switchSafeDeployments(scope: Construct, isSafe: CfnCondition): void {
  const check = scope.node.findAll().filter(({ node }) => node.id.startsWith("DeploymentCheck"));
  const groups = below(scope, LambdaDeploymentGroup);
  onlyIf(isSafe, [...groups, ...check, ...below(scope, CfnAlarm).filter(isNewVersion)]);
  for (const alias of below(scope, CfnAlias)) {
    // DependsOn cannot name a resource with a condition. References with the same condition make the alias wait for the
    // group, which waits for its alarms, and for CodeDeploy's permission to run the check.
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
    // CloudFormation accepts a condition here, but the property's type does not:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
    alias.cfnOptions.updatePolicy = {
      codeDeployLambdaAliasUpdate: valueIf(isSafe, policy) as unknown as typeof update,
    };
  }
}

/**
 * CloudFormation publishes a version if a property of the version changes, not if the function changes. The version's
 * description therefore contains every setting, so that a changed parameter publishes a version, which CodeDeploy checks.
 * `long` settings, by parameter, do not fit into its 256 characters: the id of a policy represents each of them.
 */
export function publishEveryChange(
  scope: Construct,
  sha256: string,
  values: readonly string[],
  long: Readonly<Record<string, string>> = {},
): void {
  const [main] = below(scope, CfnFunction).filter(({ node }) => !node.path.includes("DeploymentCheck"));
  if (main === undefined) throw new Error(`${scope.node.path} has no function`);
  const ids = Object.entries(long).map(([name, value]) => changingId(scope, name, value, main.attrArn));
  for (const version of below(scope, CfnVersion)) {
    version.description = Fn.join(" ", [...values, ...ids]);
    // Lambda refuses to publish code other than this release's.
    version.codeSha256 = sha256;
  }
}

/**
 * An id of 21 characters that changes with the value. CloudFormation cannot compute a hash, but a changed description
 * replaces a managed policy. A rollback restores the former policy. The policy is attached to no identity.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
 */
function changingId(scope: Construct, name: string, value: string, functionArn: string): string {
  const allow = { Effect: "Allow", Action: "lambda:GetFunctionConfiguration", Resource: functionArn };
  return new CfnManagedPolicy(scope, `${name}Change`, {
    description: Fn.join(" ", [`${name}:`, value]),
    policyDocument: { Version: "2012-10-17", Statement: [allow] },
  }).attrPolicyId;
}
