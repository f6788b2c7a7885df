// The usernames and groups of mappings, compared as templates: which ones are new, plain, or more than others.

import { matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { claimPlaceholdersIn, PLACEHOLDER } from "../../functions/authenticator/mapping/claim-placeholders.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { nameProblem } from "../../functions/authenticator/user/user.ts";
import { accessGroup } from "../access-levels.ts";
import type { EvaluationContext } from "../function-settings.ts";

/**
 * `system:masters` bypasses RBAC, so no rule can revoke it. Clusters bind `access:cluster-admin` to the role
 * `cluster-admin`, which can be revoked.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const ADMIN_GROUPS: readonly string[] = ["system:masters", accessGroup("cluster-admin")];

export function makesAdministrator({ groups = [] }: Mapping): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}

/** A text search, which avoids parsing most of 10,000 values. */
export function mentionsAdministrators(value: string | undefined): boolean {
  return ADMIN_GROUPS.some((group) => value?.includes(group));
}

/** Whether it renders to itself. A name that the function rejects denies every identity that the mapping applies to. */
export function isPlain(name: string, { reservedPrefixes }: EvaluationContext): boolean {
  return !/[{}]/.test(name) && nameProblem(name, reservedPrefixes) === undefined;
}

/** Templates in `groups` and not in `others`. */
export function groupsBeyond({ groups = [] }: Mapping, { groups: others = [] }: Mapping): readonly string[] {
  return groups.filter((group) => !others.includes(group));
}

/** Whether an identity gets at most what it had when `to` applies instead of `from`. */
export function givesNoNewAccess(from: Mapping, to: Mapping, context: EvaluationContext): boolean {
  return (
    to.username === from.username &&
    groupsBeyond(to, from).length === 0 &&
    groupsBeyond(from, to).every((group) => isPlain(group, context))
  );
}

/** Why a name needs consent, as a phrase with a verb; `undefined` if it does not. */
export function nameRisk(name: string): string | undefined {
  if (mayBeginWithSystem(name)) return "may begin with system:, which Kubernetes reserves";
  return claimPlaceholdersIn(name).length > 0 ? "depends on a claim of the token" : undefined;
}

/** `{SessionName}:x` may. The values of placeholders have no colon. */
function mayBeginWithSystem(name: string): boolean {
  const [start = "", ...rest] = name.replaceAll("{AccountID}", "0").replace(PLACEHOLDER, "*").split(":");
  return rest.length > 0 && matchesGlob(start, "system");
}
