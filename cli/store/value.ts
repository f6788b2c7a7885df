// The text of a parameter's value: its comparison with another, and its size.

import { isDeepStrictEqual } from "node:util";
import { isObject } from "../../functions/lib/json.ts";
import { parseStored, repeatedKey } from "../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { usage } from "../errors.ts";

/** Normalizes a value for comparison: white space and key order are ignored. Values with a repeated key stay text. */
export function normal(value: string): unknown {
  const parsed = parseStored(value);
  const isPlain = (isObject(parsed) || Array.isArray(parsed)) && repeatedKey(parsed) === undefined;
  return isPlain ? parsed : value;
}

/** Whether two values have the same meaning. */
export function isSameValue(value: string, other: string): boolean {
  return isDeepStrictEqual(normal(value), normal(other));
}

/** Whether a parameter has this value: the function reads both alike. `undefined`: it does not exist. */
export function isStored(value: string | undefined, stored: StoredParameter | undefined): boolean {
  if (value === undefined || stored === undefined) return value === stored?.value;
  return !stored.secure && isSameValue(stored.value, value);
}

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 4096;

/** A phrase for the user, or `undefined`. */
export function sizeProblem(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_BYTES ? `${bytes} bytes, but a parameter holds at most ${MAX_BYTES}` : undefined;
}

/** The JSON text of a value. Throws if it is too long for a parameter. */
export function valueText(name: string, value: unknown): string {
  const text = JSON.stringify(value);
  const problem = sizeProblem(text);
  if (problem !== undefined) throw usage(`${name}: ${problem}.`);
  return text;
}
