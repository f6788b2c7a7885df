// The errors that end a review without a grant. `ERRORS` has each code, and is the table in
// docs/reference.md: npm run docs.

/**
 * Status that the caller receives, by outcome. A denial is a valid answer; kube-apiserver retries a
 * 500 without caching it.
 */
export const STATUS = {
  denied: 200,
  bad_request: 400,
  caller_refused: 401,
  throttled: 429,
  fault: 500,
};

/**
 * `denied`: the token is denied, with the reason. `fault`: an outage or a fault of the function,
 * never a decision about the token. `bad_request`: kube-apiserver never sends such a request.
 */
type ErrorOutcome = keyof typeof STATUS;

type Row = readonly [outcome: ErrorOutcome, meaning: string, status?: number];

/**
 * By code, for logs, alarms and scripts: a code never changes. A status is only in a row that
 * differs from `STATUS`.
 */
export const ERRORS = {
  // The request
  path_unknown: ["bad_request", "The URL must end in `/authenticate`.", 404],
  method_not_allowed: ["bad_request", "Not POST (issuer: GET).", 405],
  body_too_large: ["bad_request", "Larger than 64 KiB.", 413],
  review_malformed: ["bad_request", "Not a TokenReview of a known version with a token."],

  // The caller
  caller_refused: ["caller_refused", "No valid token or client certificate of a caller."],
  callers_limited: ["caller_refused", "Too many tokens of unknown callers.", 429],
  callers_invalid: ["fault", "`<prefix>/callers` is missing or not a JSON list."],

  // The token, before any network
  audience_foreign: ["denied", "No requested audience is in `AUDIENCES`."],
  token_malformed: [
    "denied",
    "Too long, not base64url of `https://<host>/?<query>`, or a JWT with an invalid header.",
  ],
  token_parameter_refused: [
    "denied",
    "A query parameter is missing, unknown, repeated or invalid.",
  ],
  token_host_refused: ["denied", "Not an STS endpoint of the function's partition."],
  token_region_refused: ["denied", "Not the host's region, or not in `STS_REGIONS`."],
  token_headers_refused: ["denied", "The signed headers are not `host;x-k8s-aws-id`."],
  token_expired: ["denied", "Signed more than 15 minutes ago, or past its `exp`."],
  token_not_yet_valid: ["denied", "Signed more than 15 minutes (AWS-signed: 60 s) in the future."],
  token_kind_refused: ["denied", "`TOKENS=jwt` refuses `k8s-aws-v1.` tokens."],

  // AWS-signed tokens
  token_issuer_refused: ["denied", "An issuer of AWS, but not in `JWT_ISSUERS`."],
  token_claim_refused: ["denied", "A claim is missing, repeated or invalid."],
  token_signature_refused: ["denied", "Not signed with a key of the issuer."],
  token_keys_unavailable: ["fault", "The issuer's keys cannot be read."],

  // STS and the identity
  sts_refused: ["denied", "STS refused the token."],
  identity_impossible: [
    "denied",
    "Another partition, an EC2 instance identity role, or an unknown kind of identity.",
  ],
  sts_throttled: ["throttled", "STS throttles requests."],
  host_busy: [
    "throttled",
    "A token for an STS host of another Region, just after others that were not granted.",
  ],
  sts_unreachable: ["fault", "STS did not answer in time."],
  sts_answer_unusable: ["fault", "Not a response of STS, or an error such as `AccessDenied`."],
  account_foreign: ["denied", "Not in `ACCOUNTS`."],

  // Parameter Store and the mapping
  parameters_unavailable: ["fault", "Parameter Store did not answer or denied access."],
  identity_unmapped: ["denied", "No mapping applies; the message lists the parameters."],
  identity_denied: ["denied", "A deny list matches."],
  denials_invalid: ["denied", "An invalid deny list denies every identity that it covers."],
  mapping_invalid: ["denied", "The mapping that applies is invalid."],
  mapping_mismatch: ["denied", "The mapping is for another `arn` or `principalId`."],
  token_lacks_session: ["denied", "The decision depends on a session, access key or unique id."],

  // The user
  token_lacks_claims: ["denied", "The mapping needs a claim that the token lacks."],
  placeholder_without_value: ["denied", "No value for a placeholder."],
  node_not_verified: ["denied", "EC2 and IAM do not confirm the instance's role."],
  instances_unavailable: ["fault", "EC2 or IAM did not answer or denied access."],
  name_refused: [
    "denied",
    "A username or group is empty, or has a control character, bad claim or reserved prefix.",
  ],

  // The issuer's keys
  issuer_without_keys: ["fault", "Issuer: no parameter below `<prefix>/issuer` has a valid key."],

  // Everything else
  internal_fault: ["fault", "A bug: report it with `cause` and `stack` of the log."],
  setting_invalid: ["fault", "The function does not start; the message names the setting."],
} as const satisfies Readonly<Record<string, Row>>;

export type ErrorCode = keyof typeof ERRORS;

type CodeOf<Outcome extends ErrorOutcome> = {
  [Code in ErrorCode]: (typeof ERRORS)[Code][0] extends Outcome ? Code : never;
}[ErrorCode];

/** The message is one line for an operator and never contains a signature, a token or a URL. */
export interface AuthenticatorError<Outcome extends ErrorOutcome = ErrorOutcome> extends Error {
  readonly code: ErrorCode;
  /** The message without the parameters that were tried. */
  readonly reason: string;
  readonly outcome: Outcome;
  readonly status: number;
}
export type Denial = AuthenticatorError<"denied">;

interface Details extends ErrorOptions {
  /** The parameters that were tried, as a phrase that begins with `tried` and ends the message. */
  readonly tried?: string;
}

type Create<Outcome extends ErrorOutcome> = (
  code: CodeOf<Outcome>,
  reason: string,
  details?: Details,
) => AuthenticatorError<Outcome>;

export const denial = createError as Create<"denied">;
export const fault = createError as Create<"fault">;
export const httpError = createError as Create<"bad_request" | "caller_refused" | "throttled">;

/**
 * In each error of `createError`. Files of the bundle that are loaded lazily have a copy of this
 * module, so neither a class nor a symbol of it would do. Nor would the code: the SDK assigns the
 * members of a response to its errors.
 */
const MARK = Symbol.for("lambda-iam-authenticator/error");

/**
 * Creates an error. That of a refused request has no stack trace, which would take most of the time
 * that the request costs.
 */
function createError(code: ErrorCode, reason: string, details?: Details): AuthenticatorError {
  const [outcome, , status = STATUS[outcome]]: Row = ERRORS[code];
  const { stackTraceLimit } = Error;
  if (outcome !== "fault" && outcome !== "throttled") Error.stackTraceLimit = 0;
  const error = new Error(details?.tried ? `${reason}; ${details.tried}` : reason, details);
  Error.stackTraceLimit = stackTraceLimit;
  // Lambda logs the name of an error during initialization.
  return Object.assign(error, { name: code, code, reason, outcome, status, [MARK]: true });
}

/** Returns the text of an error in a response. */
export function errorText({ code, message }: Pick<AuthenticatorError, "code" | "message">): string {
  return `${code}: ${message}`;
}

/**
 * Reads the text of an error in a response, perhaps of another version. `code` is `undefined` for
 * text that is not the function's. `reason` omits the parameters that were tried.
 */
export function parseErrorText(text: string): {
  readonly code?: string | undefined;
  readonly reason: string;
} {
  const [, code, message = text] = /^([a-z_]+): (.*)$/s.exec(text) ?? [];
  const [reason = message] = message.split("; tried ");
  return { code, reason };
}

export function isAuthenticatorError(error: unknown): error is AuthenticatorError {
  return error instanceof Error && MARK in error;
}

export function isDenial(error: unknown): error is Denial {
  return isAuthenticatorError(error) && error.outcome === "denied";
}

export function hasCode(error: unknown, code: ErrorCode): error is AuthenticatorError {
  return isAuthenticatorError(error) && error.code === code;
}

/**
 * Returns an error of the function: an unexpected one becomes an `internal_fault`, which is never a
 * decision about the token.
 */
export function asAuthenticatorError(thrown: unknown): AuthenticatorError {
  return isAuthenticatorError(thrown)
    ? thrown
    : fault("internal_fault", "unexpected failure", { cause: thrown });
}
