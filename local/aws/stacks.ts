// CloudFormation's DescribeStacks, for stacks with given outputs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html

import { ServiceError } from "./http-server.ts";
import type { XmlNode } from "./protocols.ts";

/** Outputs by name of the stack. */
export type Stacks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Returns the stack that the form names. */
export function describeStacks(stacks: Stacks, form: URLSearchParams): XmlNode {
  const StackName = form.get("StackName") ?? "";
  const { [StackName]: outputs } = stacks;
  if (outputs === undefined) throw new ServiceError("ValidationError", `Stack with id ${StackName} does not exist`);
  const member = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  return { Stacks: { member: { StackName, Outputs: { member } } } };
}
