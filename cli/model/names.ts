// Usernames and groups: which names make administrators, are plain, new or risky.

import { ADMIN_GROUPS, adminGroupsOf } from "../../functions/authenticator/mapping/admin-groups.ts";
import { matchesGlob } from "../../functions/authenticator/mapping/arn.ts";
import {
  claimPlaceholdersIn,
  PLACEHOLDER,
} from "../../functions/authenticator/mapping/claim-placeholders.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { nameProblem } from "../../functions/authenticator/mapping/template.ts";
import type { ReviewSettings } from "./evaluation.ts";

/** Returns whether a group is an administrators' group, for each identity of the mapping. */
export function makesAdministrator({ groups = [] }: Mapping): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}

/**
 * Returns whether a group is an administrators' group, or may be one after rendering, such as
 * `access:{SessionName}`.
 */
export function mayMakeAdministrator({ groups = [] }: Mapping): boolean {
  return groups.some((group) => adminGroupsOf(group).length > 0);
}

/**
 * Searches the text for the groups of administrators, which avoids parsing most of 10,000 values.
 * False for a value that only may make an administrator.
 */
export function mentionsAdministrators(value: string | undefined): boolean {
  return ADMIN_GROUPS.some((group) => value?.includes(group));
}

/**
 * Returns whether the name renders to itself, and the function accepts it: a name that it rejects
 * denies the identity.
 */
export function isAccepted(
  name: string,
  { reservedPrefixes }: Pick<ReviewSettings, "reservedPrefixes">,
): boolean {
  return !/[{}]/.test(name) && nameProblem(name, reservedPrefixes) === undefined;
}

/**
 * Returns whether each function that may read the name accepts it, and Kubernetes does not reserve
 * it.
 */
export function isPlain(
  name: string,
  { reservedPrefixes, mayBeReserved }: ReviewSettings,
): boolean {
  const ofOthers = mayBeReserved?.() ?? [];
  return isAccepted(name, { reservedPrefixes: ["system:", ...reservedPrefixes, ...ofOthers] });
}

/** Returns why a name needs consent, as a phrase with a verb; `undefined` if it does not. */
export function nameRisk(name: string): string | undefined {
  if (name.startsWith("system:")) return "begins with system:, which Kubernetes reserves";
  if (mayBeginWithSystem(name)) return "may begin with system:, which Kubernetes reserves";
  return claimPlaceholdersIn(name).length > 0 ? "depends on a claim of the token" : undefined;
}

/**
 * Returns whether a template may render to a name of Kubernetes. `{SessionName}:x` may. The values
 * of placeholders have no colon.
 */
export function mayBeginWithSystem(name: string): boolean {
  const [start = "", ...rest] = name
    .replaceAll("{AccountID}", "0")
    .replace(PLACEHOLDER, "*")
    .split(":");
  return rest.length > 0 && matchesGlob(start, "system");
}

/**
 * Returns 0 for a mapping that makes an administrator or may make one, 1 for one with a name that Kubernetes
 * reserves, and 2 for any other.
 */
export function riskRank(mapping: Mapping): number {
  if (mayMakeAdministrator(mapping)) return 0;
  return [mapping.username ?? "", ...(mapping.groups ?? [])].some(mayBeginWithSystem) ? 1 : 2;
}
