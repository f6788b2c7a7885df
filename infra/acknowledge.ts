// Exceptions from cdk-nag's AwsSolutions rules, each with its reason beside what it is for.

import { Stack, Token, Validations } from "aws-cdk-lib";
import type { Construct } from "constructs";

export function acknowledge(construct: Construct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** `resource` as the policy has it after service, region and account: `parameter/iam-authenticator/x/*`. */
export function acknowledgeWildcard(construct: Construct, service: string, resource: string, reason: string): void {
  const { region, account } = Stack.of(construct);
  const regionOrName = service === "iam" ? "" : Token.isUnresolved(region) ? "<AWS::Region>" : region;
  const accountOrName = Token.isUnresolved(account) ? "<AWS::AccountId>" : account;
  const arn = `arn:<AWS::Partition>:${service}:${regionOrName}:${accountOrName}:${resource}`;
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${arn}]`, reason);
}

/** `policy` is the name after `policy/` in the ARN of a policy that AWS manages. */
export function acknowledgeManagedPolicy(construct: Construct, policy: string, reason: string): void {
  acknowledge(construct, `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${policy}]`, reason);
}
