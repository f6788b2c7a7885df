// The error codes by which AWS services say "slow down".

/**
 * As the AWS SDKs list them (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html); a test compares
 * them with the SDK's own. Compared whole, never searched for.
 */
const THROTTLING_CODES: ReadonlySet<string> = new Set([
  "BandwidthLimitExceeded",
  "EC2ThrottledException",
  "LimitExceededException",
  "PriorRequestNotComplete",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "TransactionInProgressException",
]);

export function isThrottlingCode(code: string): boolean {
  return THROTTLING_CODES.has(code);
}
