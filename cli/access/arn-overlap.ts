// Checks whether one text can match two patterns, such as the ARN of a principal that is only partly known.

import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";

/** Compares section by section and case-insensitively, like `arnLike`. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [arnSections(a), arnSections(b)];
  return left !== undefined && right !== undefined && sectionsOverlap(left, right);
}

/** Whether one ARN may match both patterns. */
export function sectionsOverlap(left: ArnSections, right: ArnSections): boolean {
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/** Whether one text may match both globs. The work is at most the product of their lengths. */
function globsOverlap(a: string, b: string): boolean {
  if (!/[*?]/.test(a)) return matchesGlob(b, a);
  if (!/[*?]/.test(b)) return matchesGlob(a, b);
  // Pairs of positions after which the rest must match. A position grows or stays, so rows can be visited in order.
  const width = b.length + 1;
  const reached = new Set([0]);
  for (let i = 0; i <= a.length; i += 1) {
    for (let j = 0; j <= b.length; j += 1) {
      if (!reached.has(i * width + j)) continue;
      const [one, other] = [a[i], b[j]];
      // A `*` ends here, or takes what the other glob takes.
      if (one !== undefined && (one === "*" || other === "*")) reached.add((i + 1) * width + j);
      if (other !== undefined && (one === "*" || other === "*")) reached.add(i * width + j + 1);
      const isSame = one === other || one === "?" || other === "?";
      if (one !== undefined && other !== undefined && isSame) reached.add((i + 1) * width + j + 1);
    }
  }
  return reached.has(a.length * width + b.length);
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
