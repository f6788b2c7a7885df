// CloudFormation conditions that include resources and values depending on a parameter.

import { Aws, CfnCondition, CfnParameter, CfnResource, Fn, type Stack } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/** A parameter that is `true` or `false`, and the condition `Is<name>`. */
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

/** The value, or no value: CloudFormation then omits the property or list item. */
export function valueIf(condition: CfnCondition, value: unknown) {
  return Fn.conditionIf(condition.logicalId, value, Aws.NO_VALUE);
}

/** Adds the condition to all resources of the constructs. */
export function onlyIf(condition: CfnCondition, constructs: readonly IConstruct[]): void {
  for (const construct of constructs) {
    for (const child of construct.node.findAll()) {
      if (CfnResource.isCfnResource(child)) child.cfnOptions.condition = condition;
    }
  }
}
