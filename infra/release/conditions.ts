// What is only in a deployed template where a parameter says so: CloudFormation's conditions, as CDK has none of its own.

import { Aws, CfnCondition, CfnParameter, CfnResource, Fn, type Stack } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** A parameter that is `true` or `false`; the condition is named after it. */
export function switchParameter(stack: Stack, name: string, description: string, isOn: boolean): CfnCondition {
  const { valueAsString } = new CfnParameter(stack, name, {
    type: "String",
    description,
    default: String(isOn),
    allowedValues: ["true", "false"],
  });
  return new CfnCondition(stack, `Is${name}`, { expression: Fn.conditionEquals(valueAsString, "true") });
}

export function notEmpty(stack: Stack, name: string, value: string): CfnCondition {
  return new CfnCondition(stack, `Has${name}`, { expression: Fn.conditionNot(Fn.conditionEquals(value, "")) });
}

/** The value, or nothing: CloudFormation then leaves out the property, or the list's item. */
export function valueIf(condition: CfnCondition, value: unknown) {
  return Fn.conditionIf(condition.logicalId, value, Aws.NO_VALUE);
}

/** Puts all resources of the constructs under the condition. */
export function onlyIf(condition: CfnCondition, constructs: readonly IConstruct[]): void {
  for (const construct of constructs) {
    for (const child of construct.node.findAll()) {
      if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = condition;
    }
  }
}
