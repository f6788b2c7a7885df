// CDK's feature flags that affect the stacks. They are fixed, since each changes what is deployed.

/**
 * The flags of `aws-cdk-lib/recommended-feature-flags.json` that make a difference here. test/infra/app.test.ts
 * finds more after an update. The context in cdk.json overrides them.
 * https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
 */
export const FEATURE_FLAGS = {
  /** The id of a function's version also depends on its layers. Without layers, only the hash in the id changes. */
  "@aws-cdk/aws-lambda:recognizeLayerVersion": true,
  /** Merges statements of a policy that differ only in their actions. */
  "@aws-cdk/aws-iam:minimizePolicies": true,
  /** Writes `aws` instead of a reference to the partition into ARNs if the stack's region is known. */
  "@aws-cdk/core:enablePartitionLiterals": true,
} as const;
