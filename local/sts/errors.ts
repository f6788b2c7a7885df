// The ways STS refuses a request: code, HTTP status and message of each.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html

import { ServiceError } from "../service-error.ts";

export const malformedQuery = (): ServiceError =>
  new ServiceError("MalformedQueryString", "The query string contains a syntax error", 404);

export const missingAuthentication = (): ServiceError =>
  new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);

export const incompleteSignature = (message: string): ServiceError => new ServiceError("IncompleteSignature", message);

export const unknownKey = (): ServiceError =>
  new ServiceError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);

export const expiredToken = (): ServiceError =>
  new ServiceError("ExpiredToken", "The security token included in the request is expired", 403);

/** The signature itself, or the date or the scope that it was made for. */
export const signatureMismatch = (message: string): ServiceError =>
  new ServiceError("SignatureDoesNotMatch", message, 403);

export const missingAction = (): ServiceError =>
  new ServiceError("MissingAction", "The request is missing an action or a required parameter");

/**
 * Repeats what the caller sent, as STS does. A verifier that searches an answer for an identity, instead of parsing
 * the whole of it, can be made to find one in here (CVE-2020-16250).
 */
export const unknownAction = (action: string, version: string): ServiceError =>
  new ServiceError("InvalidAction", `Could not find operation ${action} for version ${version}`);

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
export const validationError = (member: string, value: string | undefined, constraint: string): ServiceError =>
  new ServiceError(
    "ValidationError",
    `1 validation error detected: Value ${value === undefined ? "null" : `'${value}'`} at '${member}' ` +
      `failed to satisfy constraint: Member must ${constraint}`,
  );

// The next ones are AssumeRoleWithWebIdentity's own:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors

export const invalidIdentityToken = (message: string): ServiceError =>
  new ServiceError("InvalidIdentityToken", message);

/**
 * What users are shown where the documents cannot be had: not public, slow, redirected, or without the token's key.
 * https://repost.aws/knowledge-center/iam-sts-invalididentitytoken (the two spaces are STS's: aws-sdk-rust issue 827)
 */
export const noVerificationKey = (): ServiceError =>
  invalidIdentityToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  );

export const identityProviderUnreachable = (): ServiceError =>
  new ServiceError(
    "IDPCommunicationError",
    "The identity provider that was asked to verify the incoming identity token could not be reached.",
  );

/** Both in seconds since 1970. */
export const expiredIdentityToken = (now: number, expiration: number): ServiceError =>
  new ServiceError(
    "ExpiredTokenException",
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
  );

/** A role that does not exist reads like one whose trust policy does not allow the token. */
export const assumeRoleDenied = (): ServiceError =>
  new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
