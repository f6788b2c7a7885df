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

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export const validationError = (member: string, value: string | undefined, constraint: string): Refusal =>
  new Refusal(
    "ValidationError",
    400,
    `1 validation error detected: Value ${value === undefined ? "null" : `'${value}'`} at '${member}' ` +
      `failed to satisfy constraint: Member must ${constraint}`,
  );

// The next ones are AssumeRoleWithWebIdentity's own:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors

export const invalidIdentityToken = (message: string): Refusal => new Refusal("InvalidIdentityToken", 400, message);

/**
 * What users are shown where the documents cannot be had: not public, slow, redirected, or without the token's key.
 * https://repost.aws/knowledge-center/iam-sts-invalididentitytoken (the two spaces are STS's: aws-sdk-rust issue 827)
 */
export const noVerificationKey = (): Refusal =>
  invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );

export const identityProviderUnreachable = (): Refusal =>
  new Refusal(
    "IDPCommunicationError",
    400,
    "The identity provider that was asked to verify the incoming identity token could not be reached.",
  );

/** Both in seconds since 1970. */
export const expiredIdentityToken = (now: number, expiration: number): Refusal =>
  new Refusal(
    "ExpiredTokenException",
    400,
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
  );

/** A role that does not exist reads like one whose trust policy does not allow the token. */
export const assumeRoleDenied = (): Refusal =>
  new Refusal("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
