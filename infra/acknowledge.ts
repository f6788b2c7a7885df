// Exceptions from cdk-nag's AwsSolutions rules, each with its reason beside what it is for.

import { Stack, Validations } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

export function acknowledge(construct: Construct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** `arn` as the policy has it. */
export function acknowledgeWildcard(construct: Construct, arn: string, reason: string): void {
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${flat(Stack.of(construct).resolve(arn))}]`, reason);
}

/** `name` is what follows `policy/` in the ARN of a policy that AWS manages. */
export function acknowledgeManagedPolicy(construct: Construct, name: string, reason: string): void {
  const { managedPolicyArn } = ManagedPolicy.fromAwsManagedPolicyName(name);
  const arn = flat(Stack.of(construct).resolve(managedPolicyArn));
  acknowledge(construct, `AwsSolutions-IAM4[Policy::${arn}]`, reason);
}

/** A resolved value in cdk-nag's spelling: `arn:<AWS::Partition>:ssm:...` (its flattenCfnReference). */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const { "Fn::Join": join, Ref } = value as { "Fn::Join"?: [string, unknown[]]; Ref?: string };
  return join === undefined ? `<${Ref}>` : join[1].map(flat).join(join[0]);
}
