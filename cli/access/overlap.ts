// Compares ARN patterns, and the entries that have them: whether both may match.

import { type ArnSections, arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { globsOverlap } from "../../functions/authenticator/mapping/possible-arn.ts";
import type { Entry } from "./entries.ts";

/** Compares section by section and case-insensitively, like `arnLike`. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  return sectionsOverlap(arnSections(a), arnSections(b));
}

function sectionsOverlap(left: ArnSections | undefined, right: ArnSections | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/** Whether an identity, or a session, may have both entries. Of one list of sessions, only those of the same session. */
export function overlaps(one: Entry, other: Entry): boolean {
  const [left, right] = [one, other].map(({ kind, mapping }) => (kind === "sso-session" ? mapping.session : undefined));
  if (left !== undefined && right !== undefined) return left === right;
  const all = ({ arns, sessions }: Entry) => [...arns, ...sessions];
  return all(one).some((arn) => all(other).some((another) => sectionsOverlap(arn, another)));
}

/** Whether a denial may match the principal itself, and not only some of its sessions. */
export function mayDeny(denial: Entry, entry: Entry): boolean {
  const isOfSessions = entry.kind === "sso-session" || /[*?][^/]*$/.test(denial.mapping.arnLike ?? "");
  return overlaps(denial, isOfSessions ? entry : { ...entry, sessions: [] });
}
