// The ways STS refuses a request: code, HTTP status and message of each.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html

/** Ends a request with an error of STS. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const malformedQuery = (): Refusal =>
  new Refusal("MalformedQueryString", 404, "The query string contains a syntax error");

export const missingAuthentication = (): Refusal =>
  new Refusal("MissingAuthenticationToken", 403, "Request is missing Authentication Token");

export const incompleteSignature = (message: string): Refusal => new Refusal("IncompleteSignature", 400, message);

export const unknownKey = (): Refusal =>
  new Refusal("InvalidClientTokenId", 403, "The security token included in the request is invalid.");

export const expiredToken = (): Refusal =>
  new Refusal("ExpiredToken", 403, "The security token included in the request is expired");

/** The signature itself, or the date or the scope that it was made for. */
export const signatureMismatch = (message: string): Refusal => new Refusal("SignatureDoesNotMatch", 403, message);

export const missingAction = (): Refusal =>
  new Refusal("MissingAction", 400, "The request is missing an action or a required parameter");

/**
 * Repeats what the caller sent, as STS does. A verifier that searches an answer for an identity, instead of parsing
 * the whole of it, can be made to find one in here (CVE-2020-16250).
 */
export const unknownAction = (action: string, version: string): Refusal =>
  new Refusal("InvalidAction", 400, `Could not find operation ${action} for version ${version}`);
