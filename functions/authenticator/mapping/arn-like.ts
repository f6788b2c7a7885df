// ARN patterns as IAM's ArnLike reads them: `*` any run, `?` exactly one character, inside one of the six sections.

import { asciiLowerCase } from "../../lib/ascii-lower-case.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN */
const SECTIONS = 6;

/** Six sections in lower case, the last of which may hold colons; `undefined` for text that has fewer. */
export function arnSections(text: string): string[] | undefined {
  const parts = asciiLowerCase(text).split(":");
  if (parts.length < SECTIONS) return undefined;
  return [...parts.slice(0, SECTIONS - 1), parts.slice(SECTIONS - 1).join(":")];
}

export function isArnPattern(pattern: string): boolean {
  return asciiLowerCase(pattern).startsWith("arn:") && arnSections(pattern) !== undefined;
}

/** Without regard to case; false if either is not an ARN. */
export function matchesArnLike(pattern: string, arn: string): boolean {
  const patterns = isArnPattern(pattern) ? arnSections(pattern) : undefined;
  const texts = arnSections(arn);
  if (patterns === undefined || texts === undefined) return false;
  return patterns.every((section, index) => matchesGlob(section, texts[index] ?? ""));
}

/**
 * Only the last `*` seen is ever widened: an earlier one cannot help where the last fails, so there is no recursion,
 * and the work is at most the product of the two lengths whatever a value holds. Never a regular expression.
 */
function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p;
      starText = t;
      p += 1;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      starText += 1;
      t = starText;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
