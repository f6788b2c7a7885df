// ARN patterns as IAM's ArnLike reads them: `*` any run, `?` exactly one character, inside one of the six sections.

import { asciiLowerCase } from "../../lib/ascii-lower-case.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN */
const SECTIONS = 6;

/** Six, in lower case, the last of which may hold colons. */
export type ArnSections = readonly string[];

/** `undefined` for text that has fewer sections. */
export function arnSections(text: string): ArnSections | undefined {
  const parts = asciiLowerCase(text).split(":");
  if (parts.length < SECTIONS) return undefined;
  return [...parts.slice(0, SECTIONS - 1), parts.slice(SECTIONS - 1).join(":")];
}

/** The sections of a pattern; `undefined` for what is not one. */
export function arnPattern(pattern: string): ArnSections | undefined {
  return asciiLowerCase(pattern).startsWith("arn:") ? arnSections(pattern) : undefined;
}

export function isArnPattern(pattern: string): boolean {
  return arnPattern(pattern) !== undefined;
}

/** Without regard to case; false if either is not an ARN. */
export function matchesArnLike(pattern: string, arn: string): boolean {
  return matchesSections(arnPattern(pattern), arnSections(arn));
}

/** The same, where a pattern is compared with more than one ARN, or an ARN with more than one pattern. */
export function matchesSections(pattern: ArnSections | undefined, arn: ArnSections | undefined): boolean {
  if (pattern === undefined || arn === undefined) return false;
  return pattern.every((section, index) => matchesGlob(section, arn[index] ?? ""));
}

/**
 * Only the last `*` seen is ever widened: an earlier one cannot help where the last fails, so there is no recursion,
 * and the work is at most the product of the two lengths whatever a value holds. Never a regular expression.
 */
export function matchesGlob(pattern: string, text: string): boolean {
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
