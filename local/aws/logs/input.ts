// Checks the members of requests to CloudWatch Logs, and writes the tokens of pages.

import { hash } from "node:crypto";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import type { Input } from "../aws-json.ts";
import { invalidParameter } from "./filter-pattern.ts";

export function text(input: Input, name: string, most: number, form = /^/): string | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined) return undefined;
  const least = name === "filterPattern" ? 0 : 1;
  if (typeof value === "string" && value.length >= least && value.length <= most && form.test(value)) return value;
  throw constraint(
    name,
    value,
    `${form.source === "^" ? "" : `satisfy regular expression pattern: ${form.source}, and `}have a length of ${least} to ${most}`,
  );
}

export function time(input: Input, name: string): number | undefined {
  const value = input[name] ?? undefined;
  if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value >= 0)) return value;
  throw constraint(name, value, "be an integer greater than or equal to 0");
}

export function pageSize(value: unknown, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw constraint("limit", value, `have a value of 1 to ${most}`);
}

function constraint(name: string, value: unknown, rule: string) {
  return invalidParameter(
    `1 validation error detected: Value '${String(value)}' at '${name}' failed to satisfy constraint: Member must ${rule}`,
  );
}

/** The token is valid only for the same request. */
export function writeToken(at: number, request: object): string {
  return Buffer.from(JSON.stringify({ at, of: hash("sha256", JSON.stringify(request)) })).toString("base64url");
}

export function readToken(token: string, request: object): number {
  const read = parseJson(Buffer.from(token, "base64url").toString());
  if (isObject(read) && typeof read["at"] === "number" && read["of"] === hash("sha256", JSON.stringify(request))) {
    return read["at"];
  }
  throw invalidParameter("The specified nextToken is invalid.");
}
