// Whether an ARN can match two patterns: for questions about somebody whose ARN is not fully known.

import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";

/** As `arnLike` reads patterns: section by section, in any case. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [arnSections(a), arnSections(b)];
  if (left === undefined || right === undefined) return false;
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/** A role's ARN as STS and denials see it: by its name, whatever path it is written with. Any other as it is. */
export function withoutRolePath(arn: string): string {
  return arn.replace(/:role\/.*\//i, ":role/");
}

/** `overlap[j]`: the part of `a` that is read, and the first j characters of `b`, have a text in common. */
function globsOverlap(a: string, b: string): boolean {
  let overlap = [true, ...Array.from(b, (_, j) => /^\**$/.test(b.slice(0, j + 1)))];
  for (const one of a) {
    const next = [one === "*" && overlap[0] === true];
    for (const [j, other] of [...b].entries()) {
      const same = one === other || one === "?" || other === "?";
      const widened = one === "*" || other === "*";
      // A star takes nothing or one character more; two characters that are the same go together.
      const isNext = widened
        ? overlap[j + 1] === true || next[j] === true || overlap[j] === true
        : same && overlap[j] === true;
      next.push(isNext);
    }
    overlap = next;
  }
  return overlap[b.length] === true;
}
