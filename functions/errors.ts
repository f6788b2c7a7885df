// The errors that end a review without a grant: one class per reason, each with a code that never changes.
// The comment of each class is its row in docs/reference.md: npm run docs.

/**
 * Base class of all errors of the functions. The abstract classes below set the outcome and the HTTP status that
 * kube-apiserver receives; the others set the reason. A message is one line for an operator and never contains a
 * signature, a token or a URL.
 */
export abstract class AuthenticatorError extends Error {
  /** Explicit in each class, since the minifier renames classes. */
  abstract override readonly name: string;
  /** Stable, for logs, alarms and scripts; listed in docs/reference.md. */
  abstract readonly code: string;
  abstract readonly outcome: "denied" | "throttled" | "fault" | "bad_request" | "caller_refused";
  abstract readonly status: number;
}

/**
 * The request is refused, and the function works as it should. Has no stack trace, which would take most of the time that
 * a refused request costs.
 */
abstract class RequestError extends AuthenticatorError {
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, options);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The token is denied. Answered with 200, `authenticated: false` and the reason. */
export abstract class Denial extends RequestError {
  readonly outcome = "denied";
  readonly status = 200;
}

/** An outage or a fault of the function, never a decision about the token. kube-apiserver retries a 500 without caching it. */
export abstract class Fault extends AuthenticatorError {
  readonly outcome = "fault";
  readonly status = 500;
}

/** kube-apiserver never sends such a request. */
export abstract class BadRequest extends RequestError {
  readonly outcome = "bad_request";
  readonly status: number = 400;
}

// The request

/** The kubeconfig's URL must end in `/authenticate`. */
export class PathUnknown extends BadRequest {
  override readonly name = "PathUnknown";
  readonly code = "path_unknown";
  override readonly status = 404;
}
/** The method is not POST (issuer: GET). */
export class MethodNotAllowed extends BadRequest {
  override readonly name = "MethodNotAllowed";
  readonly code = "method_not_allowed";
  override readonly status = 405;
}
/** The request is larger than 64 KiB. */
export class BodyTooLarge extends BadRequest {
  override readonly name = "BodyTooLarge";
  readonly code = "body_too_large";
  override readonly status = 413;
}
/** The request is not a TokenReview of a known version with a token. */
export class ReviewMalformed extends BadRequest {
  override readonly name = "ReviewMalformed";
  readonly code = "review_malformed";
}

// The caller

/** The caller's token or client certificate is missing or wrong. */
export class CallerRefused extends RequestError {
  override readonly name = "CallerRefused";
  readonly code = "caller_refused";
  readonly outcome = "caller_refused";
  readonly status = 401;
}
/** Too many tokens of unknown callers. */
export class CallersLimited extends RequestError {
  override readonly name = "CallersLimited";
  readonly code = "callers_limited";
  readonly outcome = "caller_refused";
  readonly status = 429;
}
/** `<prefix>/callers` is missing or is not a JSON list. */
export class CallersInvalid extends Fault {
  override readonly name = "CallersInvalid";
  readonly code = "callers_invalid";
}

// The token, before any network

/** No requested audience is in `AUDIENCES`. */
export class AudienceForeign extends Denial {
  override readonly name = "AudienceForeign";
  readonly code = "audience_foreign";
}
/** Too long, not base64url of `https://<host>/?<query>`, or a JWT with an invalid header. */
export class TokenMalformed extends Denial {
  override readonly name = "TokenMalformed";
  readonly code = "token_malformed";
}
/** A query parameter is missing, unknown, repeated or invalid. */
export class TokenParameterRefused extends Denial {
  override readonly name = "TokenParameterRefused";
  readonly code = "token_parameter_refused";
}
/** The host is not an STS endpoint of the function's partition. */
export class TokenHostRefused extends Denial {
  override readonly name = "TokenHostRefused";
  readonly code = "token_host_refused";
}
/** The region is not that of the host, or is not in `STS_REGIONS`. */
export class TokenRegionRefused extends Denial {
  override readonly name = "TokenRegionRefused";
  readonly code = "token_region_refused";
}
/** The signed headers are not `host;x-k8s-aws-id`. */
export class TokenHeadersRefused extends Denial {
  override readonly name = "TokenHeadersRefused";
  readonly code = "token_headers_refused";
}
/** Signed more than 15 minutes ago, or past its `exp`. */
export class TokenExpired extends Denial {
  override readonly name = "TokenExpired";
  readonly code = "token_expired";
}
/** Signed more than 15 minutes (AWS-signed: 60 s) in the future. */
export class TokenNotYetValid extends Denial {
  override readonly name = "TokenNotYetValid";
  readonly code = "token_not_yet_valid";
}
/** `TOKENS=jwt` refuses `k8s-aws-v1.` tokens. */
export class TokenKindRefused extends Denial {
  override readonly name = "TokenKindRefused";
  readonly code = "token_kind_refused";
}

// AWS-signed tokens

/** An issuer of AWS that is not in `JWT_ISSUERS`. */
export class TokenIssuerRefused extends Denial {
  override readonly name = "TokenIssuerRefused";
  readonly code = "token_issuer_refused";
}
/** A claim is missing, repeated or invalid. */
export class TokenClaimRefused extends Denial {
  override readonly name = "TokenClaimRefused";
  readonly code = "token_claim_refused";
}
/** No key of the issuer has signed the token. */
export class TokenSignatureRefused extends Denial {
  override readonly name = "TokenSignatureRefused";
  readonly code = "token_signature_refused";
}
/** The issuer's keys cannot be read, and no cached key fits. */
export class TokenKeysUnavailable extends Fault {
  override readonly name = "TokenKeysUnavailable";
  readonly code = "token_keys_unavailable";
}

// STS and the identity

/** STS refused the token. */
export class StsRefused extends Denial {
  override readonly name = "StsRefused";
  readonly code = "sts_refused";
}
/** An identity of another partition or of an unknown kind. */
export class IdentityImpossible extends Denial {
  override readonly name = "IdentityImpossible";
  readonly code = "identity_impossible";
}
/** STS throttles requests. */
export class StsThrottled extends AuthenticatorError {
  override readonly name = "StsThrottled";
  readonly code = "sts_throttled";
  readonly outcome = "throttled";
  readonly status = 429;
}
/** STS did not answer in time. */
export class StsUnreachable extends Fault {
  override readonly name = "StsUnreachable";
  readonly code = "sts_unreachable";
}
/** Not a response of STS, or an error such as `AccessDenied`. */
export class StsAnswerUnusable extends Fault {
  override readonly name = "StsAnswerUnusable";
  readonly code = "sts_answer_unusable";
}

/** The account is not in `ACCOUNTS`. */
export class AccountForeign extends Denial {
  override readonly name = "AccountForeign";
  readonly code = "account_foreign";
}

// Parameter Store and the mapping

/** Parameter Store did not answer or denied access. */
export class ParametersUnavailable extends Fault {
  override readonly name = "ParametersUnavailable";
  readonly code = "parameters_unavailable";
}
/** No mapping applies; the message lists the parameters. */
export class IdentityUnmapped extends Denial {
  override readonly name = "IdentityUnmapped";
  readonly code = "identity_unmapped";
}
/** A deny list matches. */
export class IdentityDenied extends Denial {
  override readonly name = "IdentityDenied";
  readonly code = "identity_denied";
}
/** An invalid deny list denies every identity that it covers. */
export class DenialsInvalid extends Denial {
  override readonly name = "DenialsInvalid";
  readonly code = "denials_invalid";
}
/** The mapping that applies is invalid. */
export class MappingInvalid extends Denial {
  override readonly name = "MappingInvalid";
  readonly code = "mapping_invalid";
}
/** The stored mapping is for another `arn` or `principalId`. */
export class MappingMismatch extends Denial {
  override readonly name = "MappingMismatch";
  readonly code = "mapping_mismatch";
}

/** The decision depends on a session, access key or unique id. */
export class TokenLacksSession extends Denial {
  override readonly name = "TokenLacksSession";
  readonly code = "token_lacks_session";
}

// The user

/** The mapping needs a claim that the token lacks. */
export class TokenLacksClaims extends Denial {
  override readonly name = "TokenLacksClaims";
  readonly code = "token_lacks_claims";
}
/** The identity has no value for a placeholder. */
export class PlaceholderWithoutValue extends Denial {
  override readonly name = "PlaceholderWithoutValue";
  readonly code = "placeholder_without_value";
}
/** EC2 and IAM do not confirm that the instance has this role. */
export class NodeNotVerified extends Denial {
  override readonly name = "NodeNotVerified";
  readonly code = "node_not_verified";
}
/** EC2 or IAM did not answer or denied access. */
export class InstancesUnavailable extends Fault {
  override readonly name = "InstancesUnavailable";
  readonly code = "instances_unavailable";
}
/** The username or a group is empty, or has a control character, invalid claim or reserved prefix. */
export class NameRefused extends Denial {
  override readonly name = "NameRefused";
  readonly code = "name_refused";
}

// The issuer's keys

/** Issuer: no parameter below `<prefix>/issuer` has a valid key. */
export class IssuerWithoutKeys extends Fault {
  override readonly name = "IssuerWithoutKeys";
  readonly code = "issuer_without_keys";
}

// Everything else

/** A bug: report it with `cause` and `stack` of the log. */
export class InternalFault extends Fault {
  override readonly name = "InternalFault";
  readonly code = "internal_fault";
}
/** The function does not start; the message names the setting. */
export class SettingInvalid extends Fault {
  override readonly name = "SettingInvalid";
  readonly code = "setting_invalid";
}

// The codes, as types

type Errors = typeof import("./errors.ts");
/** Every concrete class above. */
export type AnyAuthenticatorError = {
  [Name in keyof Errors]: Errors[Name] extends (new (
    ...parts: never
  ) => infer One extends AuthenticatorError)
    ? One
    : never;
}[keyof Errors];
export type ErrorCode = AnyAuthenticatorError["code"];
