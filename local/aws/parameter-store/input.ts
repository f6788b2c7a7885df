// Reads members of a JSON request and checks their types as the service does.

import { type Input, illTyped } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { constraintError } from "./errors.ts";

export function optionalText(input: Input, field: string): string | undefined {
  const value = input[field] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw illTyped(`${field} is not a string`);
}

export function requiredText(input: Input, field: string): string {
  const value = optionalText(input, field);
  if (value === undefined) throw constraintError(null, field, "not be null");
  return value;
}

/** Default false. */
export function flag(input: Input, field: string): boolean {
  const value = input[field] ?? false;
  if (typeof value !== "boolean") throw illTyped(`${field} is not a boolean`);
  return value;
}

/** An optional member with a value of `choices`. */
export function choice<T extends string>(input: Input, field: string, choices: readonly T[]): T | undefined {
  const value = optionalText(input, field);
  if (value === undefined) return undefined;
  const chosen = choices.find((known) => known === value);
  if (chosen === undefined) throw constraintError(value, field, `satisfy enum value set: [${choices.join(", ")}]`);
  return chosen;
}

/** A page size of 1 to `most`; default `most`. */
export function pageSize(input: Input, most: number): number {
  const value = input["MaxResults"] ?? most;
  if (typeof value !== "number" || !Number.isInteger(value)) throw illTyped("MaxResults is not an integer");
  if (value < 1) throw constraintError(value, "MaxResults", "have value greater than or equal to 1");
  if (value > most) throw constraintError(value, "MaxResults", `have value less than or equal to ${most}`);
  return value;
}

/** A required list of strings with 1 to `most` members. */
export function texts(input: Input, field: string, most: number): string[] {
  const value = input[field] ?? undefined;
  if (value === undefined) throw constraintError(null, field, "not be null");
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw illTyped(`${field} is not a list of strings`);
  }
  if (value.length < 1) throw constraintError(value, field, "have length greater than or equal to 1");
  if (value.length > most) throw constraintError(value, field, `have length less than or equal to ${most}`);
  return value;
}

/** Rejects unsupported members that would change the result. */
export function refuseUnsupported(input: Input, fields: readonly string[]): void {
  for (const field of fields) {
    if (input[field] === undefined || input[field] === null) continue;
    throw new ServiceError("ValidationException", `This local Parameter Store does not support ${field}.`);
  }
}
