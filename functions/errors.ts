// Every way a review can end other than in a grant: one class per reason, each with a code that never changes.

/**
 * Root of all errors of this project. The first level below says who must act and which HTTP status kube-apiserver
 * gets; the leaves say why. Messages are one line, for an operator, and never hold a signature, a token or a URL.
 */
export abstract class AuthenticatorError extends Error {
  /** Its class's: what is deployed is minified, so that each class says it itself. */
  abstract override readonly name: string;
  /** Stable, for logs, alarms and scripts; listed in docs/reference.md. */
  abstract readonly code: string;
  abstract readonly outcome: "denied" | "throttled" | "fault" | "bad_request" | "caller_refused";
  abstract readonly status: number;
}

/** An answer: this token does not get in. 200 with `authenticated: false` and the reason. */
export abstract class Denial extends AuthenticatorError {
  readonly outcome = "denied";
  readonly status = 200;
}

/** An outage or a fault of ours, never an answer about the token. kube-apiserver retries a 500 and caches nothing. */
export abstract class Fault extends AuthenticatorError {
  readonly outcome = "fault";
  readonly status = 500;
}

/** The request is not one that kube-apiserver sends. */
export abstract class BadRequest extends AuthenticatorError {
  readonly outcome = "bad_request";
  readonly status: number = 400;
}

// The request

export class PathUnknown extends BadRequest {
  override readonly name = "PathUnknown";
  readonly code = "path_unknown";
  override readonly status = 404;
}
export class MethodNotAllowed extends BadRequest {
  override readonly name = "MethodNotAllowed";
  readonly code = "method_not_allowed";
  override readonly status = 405;
}
export class BodyTooLarge extends BadRequest {
  override readonly name = "BodyTooLarge";
  readonly code = "body_too_large";
  override readonly status = 413;
}
export class ReviewMalformed extends BadRequest {
  override readonly name = "ReviewMalformed";
  readonly code = "review_malformed";
}

// The caller

export class CallerRefused extends AuthenticatorError {
  override readonly name = "CallerRefused";
  readonly code = "caller_refused";
  readonly outcome = "caller_refused";
  readonly status = 401;
}
export class CallersInvalid extends Fault {
  override readonly name = "CallersInvalid";
  readonly code = "callers_invalid";
}

// The token, before any network

export class AudienceForeign extends Denial {
  override readonly name = "AudienceForeign";
  readonly code = "audience_foreign";
}
export class TokenMalformed extends Denial {
  override readonly name = "TokenMalformed";
  readonly code = "token_malformed";
}
export class TokenParameterRefused extends Denial {
  override readonly name = "TokenParameterRefused";
  readonly code = "token_parameter_refused";
}
export class TokenHostRefused extends Denial {
  override readonly name = "TokenHostRefused";
  readonly code = "token_host_refused";
}
export class TokenRegionRefused extends Denial {
  override readonly name = "TokenRegionRefused";
  readonly code = "token_region_refused";
}
export class TokenHeadersRefused extends Denial {
  override readonly name = "TokenHeadersRefused";
  readonly code = "token_headers_refused";
}
export class TokenExpired extends Denial {
  override readonly name = "TokenExpired";
  readonly code = "token_expired";
}
export class TokenNotYetValid extends Denial {
  override readonly name = "TokenNotYetValid";
  readonly code = "token_not_yet_valid";
}

// STS and the identity

export class StsRefused extends Denial {
  override readonly name = "StsRefused";
  readonly code = "sts_refused";
}
export class IdentityImpossible extends Denial {
  override readonly name = "IdentityImpossible";
  readonly code = "identity_impossible";
}
export class StsThrottled extends AuthenticatorError {
  override readonly name = "StsThrottled";
  readonly code = "sts_throttled";
  readonly outcome = "throttled";
  readonly status = 429;
}
export class StsUnreachable extends Fault {
  override readonly name = "StsUnreachable";
  readonly code = "sts_unreachable";
}
export class StsAnswerUnusable extends Fault {
  override readonly name = "StsAnswerUnusable";
  readonly code = "sts_answer_unusable";
}

export class AccountForeign extends Denial {
  override readonly name = "AccountForeign";
  readonly code = "account_foreign";
}

// Parameter Store and the mapping

export class ParametersUnavailable extends Fault {
  override readonly name = "ParametersUnavailable";
  readonly code = "parameters_unavailable";
}
export class IdentityUnmapped extends Denial {
  override readonly name = "IdentityUnmapped";
  readonly code = "identity_unmapped";
}
export class IdentityDenied extends Denial {
  override readonly name = "IdentityDenied";
  readonly code = "identity_denied";
}
/** A deny list cannot be read whole: everybody for whom it is read is refused, since nobody can tell whom it means. */
export class DenialsInvalid extends Denial {
  override readonly name = "DenialsInvalid";
  readonly code = "denials_invalid";
}
export class MappingInvalid extends Denial {
  override readonly name = "MappingInvalid";
  readonly code = "mapping_invalid";
}
export class MappingMismatch extends Denial {
  override readonly name = "MappingMismatch";
  readonly code = "mapping_mismatch";
}

// The user

export class PlaceholderWithoutValue extends Denial {
  override readonly name = "PlaceholderWithoutValue";
  readonly code = "placeholder_without_value";
}
export class NodeNotVerified extends Denial {
  override readonly name = "NodeNotVerified";
  readonly code = "node_not_verified";
}
export class InstancesUnavailable extends Fault {
  override readonly name = "InstancesUnavailable";
  readonly code = "instances_unavailable";
}
export class NameRefused extends Denial {
  override readonly name = "NameRefused";
  readonly code = "name_refused";
}

// The issuer's keys

/** No parameter below the issuer's path holds a valid key. */
export class IssuerWithoutKeys extends Fault {
  override readonly name = "IssuerWithoutKeys";
  readonly code = "issuer_without_keys";
}
/** More parameters than the issuer serves: which of them to leave out is not ours to guess. */
export class IssuerKeysTooMany extends Fault {
  override readonly name = "IssuerKeysTooMany";
  readonly code = "issuer_keys_too_many";
}

// Everything else

export class InternalFault extends Fault {
  override readonly name = "InternalFault";
  readonly code = "internal_fault";
}
/** A setting of the function is missing or bad; thrown while it initialises. */
export class SettingInvalid extends Fault {
  override readonly name = "SettingInvalid";
  readonly code = "setting_invalid";
}

// The codes, as types

type Errors = typeof import("./errors.ts");
/** Every class above that can be thrown. */
export type AnyAuthenticatorError = {
  [Name in keyof Errors]: Errors[Name] extends (new (
    ...parts: never
  ) => infer One extends AuthenticatorError)
    ? One
    : never;
}[keyof Errors];
export type ErrorCode = AnyAuthenticatorError["code"];
