// The feature flags of CDK that change our stacks: set before the first stack exists, since each changes what is deployed.

/**
 * Those of `aws-cdk-lib/recommended-feature-flags.json` that make a difference here; test/infra/feature-flags.test.ts
 * finds further ones after an update. cdk.json's context counts before them.
 * https://docs.aws.amazon.com/cdk/v2/guide/featureflags.html
 */
export const FEATURE_FLAGS = {
  /** The id of a function's version also depends on its layers. Without layers, only the hash in the id is another one. */
  "@aws-cdk/aws-lambda:recognizeLayerVersion": true,
  /** Statements of a policy that differ in nothing but their actions are one statement. */
  "@aws-cdk/aws-iam:minimizePolicies": true,
  /** ARNs have `aws` instead of a reference to the partition where the stack's region is known. */
  "@aws-cdk/core:enablePartitionLiterals": true,
  /** The access log of a private API is named without `:*`, as API Gateway reads it back: no drift. */
  "@aws-cdk/aws-apigateway:logGroupDestinationArnWithoutWildcard": true,
} as const;
