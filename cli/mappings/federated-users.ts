// Finds the mappings that grant access to federated users of any name, which a denial of a user does not cover.

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { arnsOverlap } from "../access/overlap.ts";
import { decide, type StoredParameters, supposeIdentity } from "../evaluation.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readParameter } from "../store/read-parameter.ts";

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
