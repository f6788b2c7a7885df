// What CDK and cdk-nag require: options without `undefined`, fixed feature flags, and a reason for
// each exception from cdk-nag's AwsSolutions rules.

import { Stack, Validations } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the options without those that are `undefined`, which CDK's types do not accept. */
export function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}

/**
 * The flags of `aws-cdk-lib/recommended-feature-flags.json` that make a difference here.
 * test/infra/app.test.ts finds more after an update. The context in cdk.json overrides them.
 * https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
 */
export const FEATURE_FLAGS = {
  /**
   * The id of a function's version also depends on its layers. Without layers, only the hash in the
   * id changes.
   */
  "@aws-cdk/aws-lambda:recognizeLayerVersion": true,
  /** Merges statements of a policy that differ only in their actions. */
  "@aws-cdk/aws-iam:minimizePolicies": true,
  /**
   * Writes `aws` instead of a reference to the partition into ARNs if the stack's region is known.
   */
  "@aws-cdk/core:enablePartitionLiterals": true,
} as const;

/**
 * `Validations` is `undefined` before aws-cdk-lib 2.257.0. Nothing else needs such a new version.
 */
const validations: typeof Validations | undefined = Validations;

/** Gives the reason for an exception from the rule `id` of cdk-nag. */
export function acknowledge(construct: Construct, id: string, reason: string): void {
  validations?.of(construct).acknowledge({ id, reason });
}

/** Gives the reason for a wildcard. `arn` is exactly as in the policy. */
export function acknowledgeWildcard(construct: Construct, arn: string, reason: string): void {
  acknowledge(
    construct,
    `AwsSolutions-IAM5[Resource::${flat(Stack.of(construct).resolve(arn))}]`,
    reason,
  );
}

/** Gives the reason for an AWS managed policy. `name` is the part after `policy/` in its ARN. */
export function acknowledgeManagedPolicy(construct: Construct, name: string, reason: string): void {
  const { managedPolicyArn } = ManagedPolicy.fromAwsManagedPolicyName(name);
  const arn = flat(Stack.of(construct).resolve(managedPolicyArn));
  acknowledge(construct, `AwsSolutions-IAM4[Policy::${arn}]`, reason);
}

/**
 * Returns a resolved value in cdk-nag's spelling: `arn:<AWS::Partition>:ssm:...`, `<Function.Arn>`
 * (its flattenCfnReference).
 */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const fields = value as {
    "Fn::Join"?: [string, unknown[]];
    "Fn::GetAtt"?: string[];
    Ref?: string;
  };
  const { "Fn::Join": join, "Fn::GetAtt": attribute, Ref } = fields;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  return `<${attribute?.join(".") ?? Ref}>`;
}
