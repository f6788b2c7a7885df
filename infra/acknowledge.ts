// Acknowledges exceptions from cdk-nag's AwsSolutions rules, each with a reason.

import { Stack, Validations } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** `undefined` before aws-cdk-lib 2.257.0. Nothing else needs such a new version. */
const validations: typeof Validations | undefined = Validations;

export function acknowledge(construct: Construct, id: string, reason: string): void {
  validations?.of(construct).acknowledge({ id, reason });
}

/** `arn` exactly as in the policy. */
export function acknowledgeWildcard(construct: Construct, arn: string, reason: string): void {
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${flat(Stack.of(construct).resolve(arn))}]`, reason);
}

/** `name`: the part after `policy/` in the ARN of an AWS managed policy. */
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
