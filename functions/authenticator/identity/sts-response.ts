// What an HTTP answer of STS means: an identity's three fields, a denial, throttling, or a fault of the service.

import { StsAnswerUnusable, StsRefused, StsThrottled } from "../../errors.ts";
import { isObject, parseJson } from "../../lib/json.ts";

export interface StsResponse {
  readonly status: number;
  /** The whole body, at most 64 KiB. */
  readonly body: string;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export interface CallerIdentity {
  readonly Account: string;
  readonly Arn: string;
  readonly UserId: string;
}

/**
 * Codes that mean "slow down", whichever status they come with; as the AWS SDKs list them
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). Compared whole, never searched for.
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

/** What the codes mean for whoever made the token: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["SignatureDoesNotMatch", ": it is for another cluster, or signed with a wrong key or clock"],
  ["InvalidClientTokenId", ": its access key or session token is not known, or not active"],
  ["ExpiredToken", ": the AWS credentials that signed it have ended"],
]);

/** Throws `StsThrottled`, `StsRefused` (a denial) or `StsAnswerUnusable` (a fault); STS's own text is never repeated. */
export function readStsResponse({ status, body }: StsResponse): CallerIdentity {
  const answer = parseJson(body);
  if (status === 200) {
    const identity = callerIdentity(answer);
    if (identity === undefined) throw new StsAnswerUnusable("STS answered 200 with something else than an identity");
    return identity;
  }
  const code = errorCode(answer);
  if (status === 429 || (code !== undefined && THROTTLING_CODES.has(code))) throw new StsThrottled("STS throttles");
  if (status >= 400 && status < 500 && code !== undefined) {
    throw new StsRefused(`STS refused the token with ${code}${HINTS.get(code) ?? ""}`);
  }
  throw new StsAnswerUnusable(`STS answered ${status} without a reason that it documents`);
}

/**
 * The exact shape, from the whole body: an answer of another action could reflect what the caller wrote, down to
 * something that looks like an identity (CVE-2020-16250).
 */
function callerIdentity(answer: unknown): CallerIdentity | undefined {
  const response = onlyKeys(answer, ["GetCallerIdentityResponse"])?.["GetCallerIdentityResponse"];
  const { GetCallerIdentityResult, ResponseMetadata = {} } =
    onlyKeys(response, ["GetCallerIdentityResult", "ResponseMetadata"]) ?? {};
  const { Account, Arn, UserId } = onlyKeys(GetCallerIdentityResult, ["Account", "Arn", "UserId"]) ?? {};
  if (typeof Account !== "string" || typeof Arn !== "string" || typeof UserId !== "string") return undefined;
  if (!isMetadata(ResponseMetadata)) return undefined;
  return { Account, Arn, UserId };
}

function isMetadata(value: unknown): boolean {
  const metadata = onlyKeys(value, ["RequestId"]);
  return metadata !== undefined && ["string", "undefined"].includes(typeof metadata["RequestId"]);
}

function onlyKeys(value: unknown, keys: readonly string[]): Record<string, unknown> | undefined {
  return isObject(value) && Object.keys(value).every((key) => keys.includes(key)) ? value : undefined;
}

function errorCode(answer: unknown): string | undefined {
  const error = isObject(answer) ? answer["Error"] : undefined;
  const code = isObject(error) ? error["Code"] : undefined;
  return typeof code === "string" && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined;
}
