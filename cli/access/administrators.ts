// Groups whose members administer the cluster.

/**
 * No RBAC rule can take `system:masters` away; `access:cluster-admin` is what a cluster binds to `cluster-admin`.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const ADMIN_GROUPS: readonly string[] = ["system:masters", "access:cluster-admin"];

export function isAdministrator(groups: readonly string[]): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}
