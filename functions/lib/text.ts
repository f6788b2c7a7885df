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

/** Of a word with fewer characters, every other short word would be two edits away. */
const MIN_LENGTH_FOR_TWO = 5;

/**
 * Returns the closest of `known` that is not the word itself: in another case, or with one edit,
 * from 5 characters on with two; `undefined` if none is so close.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const own = asciiLowerCase(word);
  const [best] = known
    .filter((candidate) => candidate !== word)
    .map((candidate) => ({ candidate, distance: editDistance(own, asciiLowerCase(candidate)) }))
    .filter(({ candidate, distance }) => {
      const length = Math.max(word.length, candidate.length);
      return distance < length && distance <= (length < MIN_LENGTH_FOR_TWO ? 1 : MAX_DISTANCE);
    })
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/**
 * Returns ` Did you mean prod?`, to follow a sentence, with the known word that is closest; an empty
 * text if none is close.
 *
 * @param shown returns the word as it is printed; default unchanged
 */
export function didYouMean(
  word: string,
  known: readonly string[],
  shown: (meant: string) => string = (meant) => meant,
): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : ` Did you mean ${shown(meant)}?`;
}

/** Returns ` (did you mean prod?)`, as `didYouMean` does, to stand inside a sentence. */
export function orDidYouMean(word: string, known: readonly string[]): string {
  const meant = nearest(word, known);
  return meant === undefined ? "" : ` (did you mean ${meant}?)`;
}

/**
 * Returns the number of edits: a character is added, removed or replaced, or two neighbours are
 * exchanged. It computes row by row:
 * https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance#Optimal_string_alignment_distance
 */
export function editDistance(a: string, b: string): number {
  const [letters, others] = [[...a], [...b]];
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: others.length + 1 }, (_, at) => at);
  for (const [at, letter] of letters.entries()) {
    const next = [at + 1];
    for (const [other, otherLetter] of others.entries()) {
      const replaced = (row[other] ?? 0) + (letter === otherLetter ? 0 : 1);
      const least = Math.min(replaced, (row[other + 1] ?? 0) + 1, (next[other] ?? 0) + 1);
      const isExchanged =
        at > 0 && other > 0 && letter === others[other - 1] && letters[at - 1] === otherLetter;
      next.push(isExchanged ? Math.min(least, (before[other - 1] ?? 0) + 1) : least);
    }
    [before, row] = [row, next];
  }
  return row[others.length] ?? 0;
}
