// The access levels, which are those of EKS, and their groups.

/**
 * The access policies of EKS.
 * https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
 */
const POLICIES = {
  AmazonEKSClusterAdminPolicy: "cluster-admin",
  AmazonEKSAdminPolicy: "admin",
  AmazonEKSEditPolicy: "edit",
  AmazonEKSViewPolicy: "view",
  AmazonEKSAdminViewPolicy: "admin-view",
} as const;

export type AccessLevel = (typeof POLICIES)[keyof typeof POLICIES];

export const ACCESS_LEVELS: readonly AccessLevel[] = Object.values(POLICIES);

/** Returns the group of a level in the entire cluster, or in one namespace. */
export function accessGroup(level: AccessLevel, namespace?: string): string {
  return namespace === undefined ? `access:${level}` : `access:${level}:${namespace}`;
}

/**
 * Returns the groups of a level in the namespaces; without any, the group of the level in the
 * entire cluster.
 */
export function accessGroups(
  level: AccessLevel,
  namespaces: readonly string[] = [],
): readonly string[] {
  return namespaces.length === 0
    ? [accessGroup(level)]
    : [...new Set(namespaces)].map((namespace) => accessGroup(level, namespace));
}

/**
 * Returns the level of an EKS access policy, by its name without the ARN's start; `undefined` if it
 * has no counterpart.
 */
export function levelOfPolicy(name: string): AccessLevel | undefined {
  return Object.hasOwn(POLICIES, name) ? POLICIES[name as keyof typeof POLICIES] : undefined;
}
