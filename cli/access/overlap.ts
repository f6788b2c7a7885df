// Compares ARN patterns, and the entries that have them: whether both may match, or one covers the other.

import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { globsOverlap } from "../../functions/authenticator/mapping/possible-arn.ts";
import type { Entry } from "./entries.ts";

/** Compares section by section and case-insensitively, like `arnLike`. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [arnSections(a), arnSections(b)];
  return left !== undefined && right !== undefined && sectionsOverlap(left, right);
}

function sectionsOverlap(left: ArnSections, right: ArnSections): boolean {
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/** Whether each text that matches `narrow` also matches `wide`. May be false for patterns that are hard to compare. */
export function arnCovers(wide: string, narrow: string): boolean {
  const [left = [], right = []] = [arnSections(wide), arnSections(narrow)];
  return left.length > 0 && right.length > 0 && left.every((section, index) => globCovers(section, right[index] ?? ""));
}

/** Marks each character, so that only a `*` matches a `*`, and not a `?`. */
function globCovers(wide: string, narrow: string): boolean {
  const [one, any] = ["\u0001", "\u0002"];
  const marked = (glob: string, star: string) => glob.replace(/[^*]/g, (c) => c + one).replaceAll("*", star);
  return matchesGlob(marked(wide, "*"), marked(narrow, `*${any}`));
}

/** Whether an identity, or a session, may have both entries. */
export function overlaps(one: Entry, other: Entry): boolean {
  const [left, right] = [one, other].map(({ arns, sessions }) => [...arns, ...sessions]);
  return left?.some((arn) => right?.some((another) => sectionsOverlap(arn, another))) ?? false;
}

/** Whether a denial may match the principal itself, and not only some of its sessions. */
export function mayDeny(denial: Entry, entry: Entry): boolean {
  const isOfSessions = entry.kind === "sso-session" || /[*?][^/]*$/.test(denial.mapping.arnLike ?? "");
  return overlaps(denial, isOfSessions ? entry : { ...entry, sessions: [] });
}
