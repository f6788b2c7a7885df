// Interprets a response of STS: the three fields of an identity, a denial, throttling, or a fault.

import { denial, fault, httpError } from "../../errors.ts";
import { isThrottlingCode } from "../../lib/aws-error.ts";
import { isObject, memberAt, parseJson } from "../../lib/json.ts";

export interface StsResponse {
  readonly status: number;
  /** The entire body, at most 64 KiB. */
  readonly body: string;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export interface CallerIdentity {
  readonly Account: string;
  readonly Arn: string;
  readonly UserId: string;
}

/**
 * Error codes that reject the token, with a hint for the user if the code does not explain itself.
 * Other codes, such as `AccessDenied` from an endpoint's policy, are not about the token: treated
 * as denials, they would lock out all users.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
const REFUSING_CODES: ReadonlyMap<string, string> = new Map([
  ["SignatureDoesNotMatch", ": it is for another cluster, or signed with a wrong key or clock"],
  ["InvalidClientTokenId", ": its access key or session token is unknown or inactive"],
  ["ExpiredToken", ": the AWS credentials that signed it have expired"],
  ["ExpiredTokenException", ": the AWS credentials that signed it have expired"],
  ["RequestExpired", ""],
  ["IncompleteSignature", ""],
  ["MissingAuthenticationToken", ""],
  ["MissingAuthenticationTokenException", ""],
  ["UnrecognizedClientException", ""],
  ["InvalidAction", ""],
  ["MalformedQueryString", ""],
  ["InvalidParameterValue", ""],
  ["ValidationError", ""],
  ["RegionDisabledException", ": STS is not activated in this region for the account"],
]);

/**
 * Returns the three fields of an identity. Throws `sts_throttled`, `sts_refused` (a denial) or
 * `sts_answer_unusable` (a fault), never with text of STS.
 */
export function readStsResponse({ status, body }: StsResponse): CallerIdentity {
  if (status === 200) {
    const identity = callerIdentity(parseJson(body));
    if (identity === undefined)
      throw fault("sts_answer_unusable", "STS answered 200 without an identity");
    return identity;
  }
  const code = status >= 400 ? stsErrorCode(body) : undefined;
  if (status === 429 || (code !== undefined && isThrottlingCode(code)))
    throw httpError("sts_throttled", "STS throttles");
  if (code === undefined)
    throw fault("sts_answer_unusable", `STS answered ${status} without an error code`);
  const hint = status < 500 ? REFUSING_CODES.get(code) : undefined;
  if (hint !== undefined) throw denial("sts_refused", `STS refused the token with ${code}${hint}`);
  throw fault(
    "sts_answer_unusable",
    `STS answered ${status} with ${code}, which is not about the token`,
  );
}

/**
 * Returns the identity; `undefined` if a field is missing. Reads it only at its documented place:
 * the response of another action could echo text of the caller that looks like an identity
 * (CVE-2020-16250). Ignores other keys, since AWS may add some.
 */
function callerIdentity(answer: unknown): CallerIdentity | undefined {
  const result = memberAt(answer, "GetCallerIdentityResponse", "GetCallerIdentityResult");
  const { Account, Arn, UserId } = isObject(result) ? result : {};
  if (typeof Account !== "string" || typeof Arn !== "string" || typeof UserId !== "string")
    return undefined;
  return { Account, Arn, UserId };
}

/**
 * Returns the error code of a response; `undefined` unless there is exactly one, at its documented
 * place. Other text is never searched.
 */
export function stsErrorCode(body: string): string | undefined {
  const code = body.startsWith("<") ? codeInXml(body) : codeInJson(body);
  return code !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined;
}

function codeInJson(body: string): string | undefined {
  const code = memberAt(parseJson(body), "Error", "Code");
  return typeof code === "string" ? code : undefined;
}

/**
 * Accepts only elements with text: no attributes, children, comments or CDATA, and no space between
 * elements.
 */
const ERROR_RESPONSE =
  /^(?:<\?xml [\w "=.-]*\?>)?<ErrorResponse(?: xmlns="[^"<>]*")?><Error>((?:<(\w{1,64})(?:\/>|>[^<]*<\/\2>))*)<\/Error>(?:<RequestId>[^<]*<\/RequestId>)?<\/ErrorResponse>$/;

/**
 * Returns the only code in a body of the documented form of XML:
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
function codeInXml(body: string): string | undefined {
  const [, children = ""] = ERROR_RESPONSE.exec(body.replace(/>[ \t\r\n]+(?=<|$)/g, ">")) ?? [];
  const codes = [...children.matchAll(/<Code(?:\/>|>([^<]*))/g)];
  return codes.length === 1 ? codes[0]?.[1] : undefined;
}
