// Federated users beside a denied user: whoever may call sts:GetFederationToken chooses their name, so no name denies them.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html

import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import { arnsOverlap } from "./arn-overlap.ts";
import { decide, type EvaluationContext } from "./evaluation.ts";
import { supposeIdentity } from "./principal.ts";

/** The parameters that may grant access to federated users of an account, by whatever name; `account` may be `any`. */
export function parametersForFederated(prefix: string, account: string): string[] {
  return [
    ...(account === "any"
      ? []
      : [mappingParameter(prefix, "account", account), mappingParameter(prefix, "pattern", account)]),
    mappingParameter(prefix, "pattern", "any"),
  ];
}

/** Those of them that do grant access to federated users of any name, unless a denial covers all of these users. */
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

/** In place of what is not known: no federated user has such a name. */
const NAME_OR_ACCOUNT = "000000000000";
