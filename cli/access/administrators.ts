// Administrators: members of a group that may do everything in the cluster.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";

/**
 * No RBAC rule can take `system:masters` away. `access:cluster-admin` is the group that a cluster binds to the role
 * `cluster-admin`, so that it can be taken away.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const ADMIN_GROUPS: readonly string[] = ["system:masters", "access:cluster-admin"];

export function isAdministrator(groups: readonly string[]): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}

export function makesAdministrator({ groups = [] }: Mapping): boolean {
  return isAdministrator(groups);
}

/** The entries of one parameter that make an administrator. A search in the text spares parsing most of 10,000 values. */
export function administratorEntries(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!mentionsAdministrators(stored.value)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => makesAdministrator(mapping));
}

export function mentionsAdministrators(value: string | undefined): boolean {
  return value !== undefined && ADMIN_GROUPS.some((group) => value.includes(group));
}
