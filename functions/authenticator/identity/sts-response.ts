// What an HTTP answer of STS means: an identity's three fields, a denial, throttling, or a fault of the service.

import { StsAnswerUnusable, StsRefused, StsThrottled } from "../../errors.ts";
import { isObject, parseJson } from "../../lib/json.ts";
import { isThrottlingCode } from "../../lib/throttling.ts";
import { stsErrorCode } from "./sts-error.ts";

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
 * Codes that are about the token, each with a hint for its maker where the code alone says too little. Any other code, such
 * as the `AccessDenied` of an endpoint's policy, says nothing about the token: as a denial it would lock everybody out.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const REFUSING_CODES: ReadonlyMap<string, string> = new Map([
  ["SignatureDoesNotMatch", ": it is for another cluster, or signed with a wrong key or clock"],
  ["InvalidClientTokenId", ": its access key or session token is not known, or not active"],
  ["ExpiredToken", ": the AWS credentials that signed it have ended"],
  ["ExpiredTokenException", ": the AWS credentials that signed it have ended"],
  ["RequestExpired", ""],
  ["IncompleteSignature", ""],
  ["MissingAuthenticationToken", ""],
  ["MissingAuthenticationTokenException", ""],
  ["UnrecognizedClientException", ""],
  ["InvalidAction", ""],
  ["MalformedQueryString", ""],
  ["InvalidParameterValue", ""],
  ["ValidationError", ""],
  ["RegionDisabledException", ": STS is not activated in that region for its account"],
]);

/** Throws `StsThrottled`, `StsRefused` (a denial) or `StsAnswerUnusable` (a fault); STS's own text is never repeated. */
export function readStsResponse({ status, body }: StsResponse): CallerIdentity {
  if (status === 200) {
    const identity = callerIdentity(parseJson(body));
    if (identity === undefined) throw new StsAnswerUnusable("STS answered 200 with something other than an identity");
    return identity;
  }
  const code = status >= 400 ? stsErrorCode(body) : undefined;
  if (status === 429 || (code !== undefined && isThrottlingCode(code))) throw new StsThrottled("STS throttles");
  if (code === undefined) throw new StsAnswerUnusable(`STS answered ${status} without an error code`);
  const hint = status < 500 ? REFUSING_CODES.get(code) : undefined;
  if (hint !== undefined) throw new StsRefused(`STS refused the token with ${code}${hint}`);
  throw new StsAnswerUnusable(`STS answered ${status} with ${code}, which says nothing about the token`);
}

/**
 * Exactly at its place in the whole body: an answer of another action could reflect what the caller wrote, down to
 * something that looks like an identity (CVE-2020-16250). Keys beside it are ignored, since AWS may add some.
 */
function callerIdentity(answer: unknown): CallerIdentity | undefined {
  const result = member(member(answer, "GetCallerIdentityResponse"), "GetCallerIdentityResult");
  const [Account, Arn, UserId] = ["Account", "Arn", "UserId"].map((name) => member(result, name));
  if (typeof Account !== "string" || typeof Arn !== "string" || typeof UserId !== "string") return undefined;
  return { Account, Arn, UserId };
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
