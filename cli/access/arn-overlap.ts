// Checks whether one ARN can match two patterns, for principals whose ARN is only partly known.

import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import { decide, supposeIdentity } from "./evaluation.ts";

/** Compares section by section and case-insensitively, like `arnLike`. False if either is not an ARN. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [arnSections(a), arnSections(b)];
  if (left === undefined || right === undefined) return false;
  return left.every((section, index) => globsOverlap(section, right[index] ?? ""));
}

/** Removes the path from a role's ARN, as STS does. Any other ARN is unchanged. */
export function withoutRolePath(arn: string): string {
  return arn.replace(/:role\/.*\//i, ":role/");
}

/** `overlap[j]`: a text matches both the part of `a` that was read and the first j characters of `b`. */
function globsOverlap(a: string, b: string): boolean {
  let overlap = [true, ...Array.from(b, (_, j) => /^\**$/.test(b.slice(0, j + 1)))];
  for (const one of a) {
    const next = [one === "*" && overlap[0] === true];
    for (const [j, other] of [...b].entries()) {
      const same = one === other || one === "?" || other === "?";
      const widened = one === "*" || other === "*";
      // A star matches nothing or one more character; otherwise both characters must be equal.
      const isNext = widened
        ? overlap[j + 1] === true || next[j] === true || overlap[j] === true
        : same && overlap[j] === true;
      next.push(isNext);
    }
    overlap = next;
  }
  return overlap[b.length] === true;
}

/** The parameters that can grant access to federated users of any name in the account; `account` may be `any`. */
export function parametersForFederated(prefix: string, account: string): string[] {
  return [
    ...(account === "any"
      ? []
      : [mappingParameter(prefix, "account", account), mappingParameter(prefix, "pattern", account)]),
    mappingParameter(prefix, "pattern", "any"),
  ];
}

/** Those of them that grant it now; empty if a denial covers all federated users. */
export function grantsToFederated(
  account: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): string[] {
  const { prefix, partition, now } = context;
  const all = `arn:${partition}:sts::${account === "any" ? "*" : account}:federated-user/*`;
  const sample = supposeIdentity(all.replaceAll("*", NAME_OR_ACCOUNT));
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

/** Stands for an unknown name or account: no federated user has this name. */
const NAME_OR_ACCOUNT = "000000000000";
