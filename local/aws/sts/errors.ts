// The errors of STS: code, HTTP status and message.
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

/** Wrong signature, date or scope. */
export const signatureMismatch = (message: string): ServiceError =>
  new ServiceError("SignatureDoesNotMatch", message, 403);

export const missingAction = (): ServiceError =>
  new ServiceError("MissingAction", "The request is missing an action or a required parameter");

/**
 * Repeats caller input, as STS does. A verifier that searches the response for an identity, instead of parsing it, can be
 * tricked with this (CVE-2020-16250).
 */
export const unknownAction = (action: string, version: string): ServiceError =>
  new ServiceError("InvalidAction", `Could not find operation ${action} for version ${version}`);

export const validationError = (member: string, value: string | undefined, constraint: string): ServiceError =>
  new ServiceError(
    "ValidationError",
    `1 validation error detected: Value ${value === undefined ? "null" : `'${value}'`} at '${member}' ` +
      `failed to satisfy constraint: Member must ${constraint}`,
  );

// Errors of AssumeRoleWithWebIdentity:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors

export const invalidIdentityToken = (message: string): ServiceError =>
  new ServiceError("InvalidIdentityToken", message);

/**
 * For documents that are not public, slow, redirected, or without the token's key.
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

/** Times in seconds since 1970. */
export const expiredIdentityToken = (now: number, expiration: number): ServiceError =>
  new ServiceError(
    "ExpiredTokenException",
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
  );

/** STS returns the same error for a role that does not exist and for one that does not trust the token. */
export const assumeRoleDenied = (): ServiceError =>
  new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
