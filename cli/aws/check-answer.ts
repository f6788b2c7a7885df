// Whether an answer has the types that the service's model gives it: the SDK passes on what is there.

import { NormalizedSchema } from "@smithy/core/schema";
import type { SchemaRef } from "@smithy/types";

/** Dates that have four digits for the year, as every text form of ours has. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/**
 * What is wrong, such as `Parameters is not a list`; `undefined` where every value has its type. Members that the answer
 * does not have are fine.
 *
 * @param unchecked members of the answer itself whose values are judged one by one elsewhere
 */
export function answerProblem(
  schema: SchemaRef,
  answer: unknown,
  unchecked: readonly string[] = [],
): string | undefined {
  return problemOf(NormalizedSchema.of(schema), answer, "", unchecked);
}

function problemOf(
  schema: NormalizedSchema,
  value: unknown,
  where: string,
  unchecked: readonly string[] = [],
): string | undefined {
  if (schema.isUnitSchema()) return undefined;
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return `${where} is not a list`;
    const member = schema.getValueSchema();
    return firstOf(value.map((one: unknown) => () => problemOf(member, one, where)));
  }
  if (schema.isStructSchema()) {
    if (typeof value !== "object" || value === null) return `${where || "it"} is not an object`;
    const members = [...schema.structIterator()].filter(([name]) => !unchecked.includes(name));
    return firstOf(
      members.map(([name, member]) => () => {
        const found: unknown = Reflect.get(value, name);
        return found === undefined || found === null ? undefined : problemOf(member, found, name);
      }),
    );
  }
  if (schema.isTimestampSchema()) {
    const isDate = value instanceof Date && Math.abs(value.getTime()) <= LATEST_MS;
    return isDate ? undefined : `${where} is not a date`;
  }
  if (schema.isStringSchema()) return typeof value === "string" ? undefined : `${where} is not a text`;
  if (schema.isNumericSchema()) return Number.isSafeInteger(value) ? undefined : `${where} is not a number`;
  if (schema.isBooleanSchema()) return typeof value === "boolean" ? undefined : `${where} is not true or false`;
  return undefined;
}

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}
