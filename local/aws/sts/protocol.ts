// Requests, responses and errors of STS: query strings byte by byte as SigV4 encodes them, and JSON
// for clients that accept it, else XML.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { randomUUID } from "node:crypto";
import type { LocalIdentity } from "../../identities.ts";
import { type LocalRequest, type LocalResponse, ServiceError } from "../http-server.ts";
import { type XmlNode, xmlDocument } from "../protocols.ts";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** The result of an action. A Date becomes text in XML and seconds since 1970 in JSON. */
export interface Result {
  readonly [member: string]: string | Date | Result;
}

/** Returns the response to GetCallerIdentity. */
export function callerIdentity(
  request: LocalRequest,
  { account, arn, userId }: LocalIdentity,
): LocalResponse {
  return answered(request, "GetCallerIdentity", { Arn: arn, UserId: userId, Account: account });
}

/** Returns the response to a successful action. */
export function answered(request: LocalRequest, action: string, result: Result): LocalResponse {
  const id = randomUUID();
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: id } };
  if (acceptsJson(request)) {
    return json(200, id, {
      [`${action}Response`]: written(content, (time) => time.getTime() / 1000),
    });
  }
  return xml(
    200,
    id,
    `${action}Response`,
    written(content, (time) => time.toISOString()) as XmlNode,
  );
}

/** Returns the response to a failed request. */
export function refused(
  request: LocalRequest,
  { code, status, message }: ServiceError,
): LocalResponse {
  const id = randomUUID();
  if (acceptsJson(request)) {
    return json(status, id, {
      Error: { Code: code, Message: message, Type: "Sender" },
      RequestId: id,
    });
  }
  return xml(status, id, "ErrorResponse", {
    Error: { Type: "Sender", Code: code, Message: message },
    RequestId: id,
  });
}

function acceptsJson(request: LocalRequest): boolean {
  return request.headers["accept"]?.includes("application/json") ?? false;
}

function json(status: number, id: string, value: unknown): LocalResponse {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-requestid": id },
    body: JSON.stringify(value),
  };
}

function xml(status: number, id: string, root: string, content: XmlNode): LocalResponse {
  const headers = { "content-type": "text/xml", "x-amzn-requestid": id };
  return { status, headers, body: xmlDocument(root, NAMESPACE, content, "") };
}

function written(result: Result, writeTime: (time: Date) => string | number): object {
  const members = Object.entries(result).map(([name, value]) => {
    if (value instanceof Date) return [name, writeTime(value)];
    return [name, typeof value === "string" ? value : written(value, writeTime)];
  });
  return Object.fromEntries(members);
}

export const missingAction = (): ServiceError =>
  new ServiceError("MissingAction", "The request is missing an action or a required parameter");

/**
 * Returns an error that repeats caller input, as STS does. A verifier that searches the response
 * for an identity, instead of parsing it, can be tricked with this (CVE-2020-16250).
 */
export const unknownAction = (action: string, version: string): ServiceError =>
  new ServiceError("InvalidAction", `Could not find operation ${action} for version ${version}`);

export const validationError = (
  member: string,
  value: string | undefined,
  constraint: string,
): ServiceError =>
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
 * Returns the error for documents that are not public, slow, redirected, or without the token's
 * key.
 * https://repost.aws/knowledge-center/iam-sts-invalididentitytoken (the two spaces are STS's:
 * aws-sdk-rust issue 827)
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

/** Returns an error. Times in seconds since 1970. */
export const expiredIdentityToken = (now: number, expiration: number): ServiceError =>
  new ServiceError(
    "ExpiredTokenException",
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiration}`,
  );

/**
 * Returns the error that STS has both for a role that does not exist and for one that does not
 * trust the token.
 */
export const assumeRoleDenied = (): ServiceError =>
  new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);

/**
 * Returns a duration in seconds. Throws `ValidationError` outside of the limits, and for text that
 * is not a number.
 */
export function durationOf(text: string, least: number, most: number): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < least)
    throw validationError("durationSeconds", text, `have value greater than or equal to ${least}`);
  if (seconds > most)
    throw validationError("durationSeconds", text, `have value less than or equal to ${most}`);
  return seconds;
}
