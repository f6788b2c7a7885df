// `rbac`: prints the RBAC objects that give the groups of access levels their permissions.

import type { Run } from "../../io/run.ts";
import { stringifyYaml } from "../../io/yaml.ts";
import { ACCESS_LEVELS, type AccessLevel, accessGroup } from "../../model/access-levels.ts";

interface RbacOptions {
  readonly namespace?: readonly string[];
}

/** Prints the bindings in the namespaces; without any, those of the entire cluster. */
export function rbac({ namespace: namespaces = [] }: RbacOptions, run: Run): void {
  const bindings =
    namespaces.length === 0
      ? ACCESS_LEVELS.map((level) => binding(level))
      : [...new Set(namespaces)].flatMap((namespace) =>
          ACCESS_LEVELS.map((level) => binding(level, namespace)),
        );
  run.print([ADMIN_VIEW, ...bindings].map((object) => stringifyYaml(object)).join("---\n"));
}

const API = "rbac.authorization.k8s.io";

const API_VERSION = `${API}/v1`;

/**
 * The only level that Kubernetes has no role for. AWS documents AmazonEKSAdminViewPolicy as read
 * access to every resource. Here, that includes pods/exec and nodes/proxy, which RBAC cannot
 * exclude from `*`, and through which commands run in Pods:
 * https://github.com/kubernetes/kubernetes/pull/134577
 */
const ADMIN_VIEW = {
  apiVersion: API_VERSION,
  kind: "ClusterRole",
  metadata: { name: accessGroup("admin-view") },
  rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }],
};

/**
 * Returns the binding of a level. All roles but one are Kubernetes' own:
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
function binding(level: AccessLevel, namespace?: string): object {
  return {
    apiVersion: API_VERSION,
    kind: namespace === undefined ? "ClusterRoleBinding" : "RoleBinding",
    metadata: { name: accessGroup(level), ...(namespace !== undefined && { namespace }) },
    subjects: [{ kind: "Group", name: accessGroup(level, namespace), apiGroup: API }],
    roleRef: {
      kind: "ClusterRole",
      name: level === "admin-view" ? ADMIN_VIEW.metadata.name : level,
      apiGroup: API,
    },
  };
}
