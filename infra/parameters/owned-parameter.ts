// Creates a parameter that the stack manages, with a tag and a description that say so.

import { hash } from "node:crypto";
import { Lazy, Stack, Tags, Token } from "aws-cdk-lib";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import { OWNER_TAG } from "../../functions/settings/stack.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_STANDARD_BYTES = 4096;

/** Throws if the stack already has a parameter of this name. */
export function addParameter(scope: Construct, subject: string, parameterName: string, stringValue: string): void {
  const name: unknown = Stack.of(scope).resolve(parameterName);
  const id = `Parameter${hash("sha256", typeof name === "string" ? name : JSON.stringify(name)).slice(0, 8)}`;
  if (scope.node.tryFindChild(id) !== undefined) throw new Error(`${subject} must not be added twice`);
  if (!Token.isUnresolved(stringValue)) checkValue(subject, stringValue);
  const { stackName } = Stack.of(scope);
  const description = `Managed by the CloudFormation stack ${stackName}: change it there, or the next deployment undoes it`;
  const parameter = new StringParameter(scope, id, {
    parameterName,
    stringValue,
    description,
    // Required by CDK if the name is known only at deployment.
    simpleName: false,
  });
  Tags.of(parameter).add(OWNER_TAG, stackName);
}

/** A parameter with a JSON list as value. Returns the function that appends to it. */
export function addListParameter<T>(scope: Construct, subject: string, parameterName: string): (entry: T) => void {
  const list: T[] = [];
  addParameter(scope, subject, parameterName, Lazy.string({ produce: () => JSON.stringify(list) }));
  return (entry) => {
    list.push(entry);
    checkValue(subject, JSON.stringify(list));
  };
}

/** Rejects, at synth, values that Parameter Store does not accept. */
function checkValue(subject: string, value: string): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_STANDARD_BYTES) {
    throw new Error(`${subject}: the value has ${bytes} bytes, and Parameter Store allows ${MAX_STANDARD_BYTES}`);
  }
  if (value.includes("{{")) throw new Error(`${subject}: Parameter Store refuses values with "{{"`);
}
