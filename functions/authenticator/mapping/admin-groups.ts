// The groups of administrators, and which groups of a mapping may become one of them.

import { matchesGlob } from "./arn.ts";
import { PLACEHOLDER } from "./claim-placeholders.ts";

/**
 * `system:masters` bypasses RBAC, so no rule can revoke it. Clusters bind `access:cluster-admin` to
 * the role `cluster-admin`, which can be revoked. Since Kubernetes 1.29, kubeadm binds
 * `kubeadm:cluster-admins` to it too.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 * https://kubernetes.io/docs/reference/setup-tools/kubeadm/implementation-details/#generate-kubeconfig-files-for-control-plane-components
 */
export const ADMIN_GROUPS: readonly string[] = [
  "system:masters",
  "access:cluster-admin",
  "kubeadm:cluster-admins",
];

/** Their values have no lower-case letter. */
const WITHOUT_LETTERS = /\{(?:AccountID|AccessKeyID)\}/g;

/**
 * Returns the administrators' groups that a group of a mapping is, or that it may be after
 * rendering. The values of placeholders have no colon.
 */
export function adminGroupsOf(group: string): readonly string[] {
  // `*` and `?` are text in a group.
  const glob = group.replace(/[*?]/g, "\0").replace(WITHOUT_LETTERS, "0").replace(PLACEHOLDER, "*");
  const parts = glob.split(":");
  return ADMIN_GROUPS.filter((name) => {
    const texts = name.split(":");
    return (
      texts.length === parts.length &&
      parts.every((part, index) => matchesGlob(part, texts[index] ?? ""))
    );
  });
}
