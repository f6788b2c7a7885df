// Exceptions from cdk-nag's AwsSolutions rules, each with its reason beside what it is for.

import { Stack, Validations } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** Missing before aws-cdk-lib 2.257.0, and all that needs a version that new. */
const validations: typeof Validations | undefined = Validations;

export function acknowledge(construct: Construct, id: string, reason: string): void {
  validations?.of(construct).acknowledge({ id, reason });
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

/** A resolved value in cdk-nag's spelling: `arn:<AWS::Partition>:ssm:...`, `<Function.Arn>` (its flattenCfnReference). */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const fields = value as { "Fn::Join"?: [string, unknown[]]; "Fn::GetAtt"?: string[]; Ref?: string };
  const { "Fn::Join": join, "Fn::GetAtt": attribute, Ref } = fields;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  return `<${attribute?.join(".") ?? Ref}>`;
}
