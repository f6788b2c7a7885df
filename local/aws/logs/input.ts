// Reads the members of a request to CloudWatch Logs, with the service's errors, and the tokens of
// its pages.

import { hash } from "node:crypto";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { ServiceError } from "../http-server.ts";
import type { Input } from "../protocols.ts";

/**
 * Returns the service's error for an invalid member:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function invalidParameter(message: string): ServiceError {
  return new ServiceError("InvalidParameterException", message);
}

const ANY_FORM = /^/;

/**
 * Returns a member; `undefined` if it is missing. Throws if it is not a text of 1 to `most`
 * characters and of this form. Only a filter pattern can be empty.
 */
export function text(
  input: Input,
  name: string,
  most: number,
  form = ANY_FORM,
): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  const least = name === "filterPattern" ? 0 : 1;
  if (
    typeof value === "string" &&
    value.length >= least &&
    value.length <= most &&
    form.test(value)
  )
    return value;
  const pattern =
    form === ANY_FORM ? "" : `satisfy regular expression pattern: ${form.source}, and `;
  throw constraint(name, value, `${pattern}have a length of ${least} to ${most}`);
}

/** Returns a member with a time; `undefined` if it is missing. Throws if it is not a time. */
export function time(input: Input, name: string): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value >= 0))
    return value;
  throw constraint(name, value, "be an integer greater than or equal to 0");
}

/** Returns the size of a page. Throws if it is not a number of 1 to `most`. */
export function pageSize(value: unknown, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most)
    return value;
  throw constraint("limit", value, `have a value of 1 to ${most}`);
}

function constraint(name: string, value: unknown, rule: string) {
  return invalidParameter(
    `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: Member must ${rule}`,
  );
}

/** Returns a token for the next page. It is valid only for the same request. */
export function writeToken(at: number, request: object): string {
  return Buffer.from(JSON.stringify({ at, of: hash("sha256", JSON.stringify(request)) })).toString(
    "base64url",
  );
}

/** Returns the position in a token. Throws for the token of another request. */
export function readToken(token: string, request: object): number {
  const read = parseJson(Buffer.from(token, "base64url").toString());
  if (
    isObject(read) &&
    typeof read["at"] === "number" &&
    read["of"] === hash("sha256", JSON.stringify(request))
  ) {
    return read["at"];
  }
  throw invalidParameter("The specified nextToken is invalid.");
}
