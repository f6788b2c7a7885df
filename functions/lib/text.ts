// Untrusted text in messages, lower case as IAM's names ignore it, and the known word that is
// closest to a mistyped one.

import { stringifyJson } from "./json.ts";

const MAX_LENGTH = 60;

/** Returns a value as JSON in one line of printable ASCII, truncated if it is long. */
export function quoted(value: unknown): string {
  const json =
    value === undefined
      ? "undefined"
      : (stringifyJson(value) ?? "a value that is nested too deeply");
  const text = json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}...` : json;
  return text.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Lower-cases only ASCII letters: `toLowerCase` also turns the Kelvin sign into an ASCII `k`, which
 * IAM does not.
 */
export function asciiLowerCase(text: string): string {
  if (!/[\u0080-\uffff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

const MAX_DISTANCE = 2;

/**
 * Returns the closest of `known`, with an edit distance of at most 2; `undefined` if none is so
 * close.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ distance }) => distance <= MAX_DISTANCE)
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/**
 * Returns the Levenshtein distance, which it computes row by row:
 * https://en.wikipedia.org/wiki/Levenshtein_distance
 */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...a].entries()) {
    const next = [at + 1];
    for (const [other, otherLetter] of [...b].entries()) {
      const replaced = (row[other] ?? 0) + (letter === otherLetter ? 0 : 1);
      next.push(Math.min(replaced, (row[other + 1] ?? 0) + 1, (next[other] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
