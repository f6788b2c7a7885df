// Compares ARN patterns, and the entries that have them: whether both may match, or one covers the other.

import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { globsOverlap } from "../../functions/authenticator/mapping/possible-arn.ts";
import type { Entry } from "./entries.ts";

/** Compares section by section and case-insensitively, like `arnLike`. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  return everySection(arnSections(a), arnSections(b), globsOverlap);
}

/**
 * Whether the denial or pattern `wide` matches every ARN that `narrow` matches. Their first pattern decides, as the others
 * follow from it. May be false for patterns that are hard to compare.
 */
export function covers({ arns: [wide] }: Entry, { arns: [narrow] }: Entry): boolean {
  return everySection(wide, narrow, globCovers);
}

type Sections = ArnSections | undefined;
function everySection(left: Sections, right: Sections, holds: (left: string, right: string) => boolean): boolean {
  if (left === undefined || right === undefined) return false;
  return left.every((section, index) => holds(section, right[index] ?? ""));
}

/** Marks each character, so that only a `*` matches a `*`, and not a `?`. */
function globCovers(wide: string, narrow: string): boolean {
  const marked = (glob: string) => glob.replace(/[^*]/g, "$&\u0001");
  return matchesGlob(marked(wide), marked(narrow));
}

/** Whether an identity, or a session, may have both entries. */
export function overlaps(one: Entry, other: Entry): boolean {
  const all = ({ arns, sessions }: Entry) => [...arns, ...sessions];
  return all(one).some((left) => all(other).some((right) => everySection(left, right, globsOverlap)));
}

/** Whether a denial may match the principal itself, and not only some of its sessions. */
export function mayDeny(denial: Entry, entry: Entry): boolean {
  const isOfSessions = entry.kind === "sso-session" || /[*?][^/]*$/.test(denial.mapping.arnLike ?? "");
  return overlaps(denial, isOfSessions ? entry : { ...entry, sessions: [] });
}
