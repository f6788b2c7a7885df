// Tells kinds of AWS errors apart, by their name. Has the codes that mean throttling.

/**
 * An error response of an AWS service, as the SDK's clients throw it. The SDK also has a class for
 * each kind. Never use `instanceof` with one: the bundles leave most classes out
 * (docs/decisions/0003-bundle.md), and the SDK throws an error that it has no class for as its base
 * class, with the same name. `test/import-rules.test.ts` rejects the import of such a class.
 */
export interface AwsError extends Error {
  readonly $fault: "client" | "server";
  readonly $metadata: {
    readonly httpStatusCode?: number | undefined;
    /** How often the SDK sent the request. */
    readonly attempts?: number | undefined;
  };
}

/**
 * The kinds that are handled differently from others, by the name in the response. cli/aws/errors.ts has
 * more for texts of messages, and the end of this file those that mean throttling.
 */
export type AwsErrorName =
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html: protocols
  // with XML omit the suffix.
  | "AccessDenied"
  | "AccessDeniedException"
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  | "InvalidInstanceID.Malformed"
  | "InvalidInstanceID.NotFound"
  // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListTagsForResource.html
  | "InvalidResourceId"
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
  | "NoSuchEntity"
  | "NoSuchEntityException"
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
  | "OutboundWebIdentityFederationDisabledException"
  | "SessionDurationEscalationException"
  // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
  | "ParameterAlreadyExists"
  | "TooManyUpdates"
  // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html
  | "ParameterNotFound"
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
  | "ResourceNotFoundException"
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
  | "ValidationError";

/** Returns whether an AWS service returned this error, of one of the kinds if any are given. */
export function isAwsError(error: unknown, ...names: readonly AwsErrorName[]): error is AwsError {
  if (!(error instanceof Error && "$fault" in error && "$metadata" in error)) return false;
  return names.length === 0 || (names as readonly string[]).includes(error.name);
}

/**
 * The list of the AWS SDKs
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). A test compares it
 * with the SDK's own.
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
