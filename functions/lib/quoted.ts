// Quotes an untrusted key or value in a message.

import { stringifyJson } from "./json.ts";

const MAX_LENGTH = 60;

/** JSON in one line of printable ASCII, truncated if it is long. */
export function quoted(value: unknown): string {
  const json = value === undefined ? "undefined" : (stringifyJson(value) ?? "a value that is nested too deeply");
  const text = json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}...` : json;
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
