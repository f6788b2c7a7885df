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

/** Whether it renders to itself, and the function accepts it: a name that it rejects denies the identity. */
export function isAccepted(name: string, { reservedPrefixes }: EvaluationContext): boolean {
  return !/[{}]/.test(name) && nameProblem(name, reservedPrefixes) === undefined;
}

/** Whether it is also not reserved by Kubernetes: RESERVED_PREFIXES of the function may have `system:` where the shell's do not. */
export function isPlain(name: string, context: EvaluationContext): boolean {
  return isAccepted(name, context) && !name.startsWith("system:");
}

/** Why a name needs consent, as a phrase with a verb; `undefined` if it does not. */
export function nameRisk(name: string): string | undefined {
  if (name.startsWith("system:")) return "begins with system:, which Kubernetes reserves";
  if (mayBeginWithSystem(name)) return "may begin with system:, which Kubernetes reserves";
  return claimPlaceholdersIn(name).length > 0 ? "depends on a claim of the token" : undefined;
}

/** `{SessionName}:x` may. The values of placeholders have no colon. */
export function mayBeginWithSystem(name: string): boolean {
  const [start = "", ...rest] = name.replaceAll("{AccountID}", "0").replace(PLACEHOLDER, "*").split(":");
  return rest.length > 0 && matchesGlob(start, "system");
}
