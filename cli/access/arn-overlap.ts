// Checks whether one text can match two patterns, such as the ARN of a principal that is only partly known.

import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import type { StoredParameters } from "./denials.ts";
import { decide, supposeIdentity } from "./evaluation.ts";

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

/** Removes the path from a role's ARN, as STS does. Any other ARN is unchanged. */
export function withoutRolePath(arn: string): string {
  return arn.replace(/:role\/.*\//i, ":role/");
}

/** The parameters that can grant access to federated users of any name in the account; `account` may be `any`. */
export function parametersForFederated(prefix: string, account: string): string[] {
  const forAny = mappingParameter(prefix, "pattern", "any");
  if (account === "any") return [forAny];
  return [mappingParameter(prefix, "account", account), mappingParameter(prefix, "pattern", account), forAny];
}

/** Those of them that grant it now; empty if a denial covers all federated users. */
export function grantsToFederated(account: string, parameters: StoredParameters, context: EvaluationContext): string[] {
  const { prefix, partition, now } = context;
  const all = `arn:${partition}:sts::${account === "any" ? "*" : account}:federated-user/*`;
  // No federated user and no account has this name.
  const sample = supposeIdentity(all.replaceAll("*", "000000000000"));
  const isDenied = sample !== undefined && decide(context, sample, parameters).deciding?.verdict.kind === "deny";
  if (isDenied) return [];
  return parametersForFederated(prefix, account).filter((name) => {
    const stored = parameters.get(name);
    if (stored === undefined) return false;
    return readParameter(prefix, name, stored, partition).entries.some(({ kind, mapping: { arnLike, notAfter } }) => {
      return !isExpired(notAfter, now) && (kind === "account" || arnsOverlap(arnLike ?? "", all));
    });
  });
}
