// What the stored denials deny of the identities that a name may have.

import { type ArnSections, arnSections } from "../../functions/authenticator/mapping/arn.ts";
import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import {
  isActive,
  type PlacedDenial,
  readValue,
  sectionsCover,
  sectionsOverlap,
} from "./entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "./evaluation.ts";
import type { PossibleIdentity } from "./person.ts";

/** Returns the denials that have not ended. An invalid list has none. */
export function activeDenials(
  parameters: StoredParameters,
  review: ReviewSettings,
): PlacedDenial[] {
  const lists = [...parameters].filter(([name]) => readName(review.prefix, name)?.kind === "deny");
  return lists.flatMap(
    ([name, stored]) =>
      readValue(name, stored, review).entries.filter(
        (entry) => entry.kind === "deny" && isActive(entry, review),
      ) as PlacedDenial[],
  );
}

/**
 * Returns whether a denial surely denies all of these identities, whatever their accounts, paths
 * and spellings are.
 */
export function deniesAll(
  { arns, sessions }: PlacedDenial,
  { arnLike, canonicalLike, entry }: PossibleIdentity,
): boolean {
  const covers = (pattern: ArnSections, arn: ArnSections | undefined) =>
    arn !== undefined && sectionsCover(pattern, arn);
  // The function compares each of them, and of a user always the ARN without the path.
  const isOne = [arnLike, canonicalLike].some((like) =>
    [...arns, ...sessions].some((pattern) => covers(pattern, arnSections(like))),
  );
  return (
    isOne ||
    (entry.arns.length > 0 &&
      entry.arns.every((arn) => arns.some((pattern) => covers(pattern, arn))))
  );
}

/** Returns whether a denial may deny some of these identities. */
export function deniesSome(
  { arns, sessions }: PlacedDenial,
  { kind, arnLike, canonicalLike }: PossibleIdentity,
): boolean {
  const withPath = kind === "user" ? [arnLike.replace(/(?<=:user\/)/, "*/")] : [];
  return [arnLike, canonicalLike, ...withPath].some((like) =>
    [...arns, ...sessions].some((pattern) => sectionsOverlap(pattern, arnSections(like))),
  );
}
