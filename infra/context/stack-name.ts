// The name of a cluster's stack.

import { hash } from "node:crypto";
import type { ClusterContext } from "./cluster.ts";

/**
 * Stack names take letters, digits and hyphens only. Ids such as `a.b` get a suffix: without it, `a.b` and `a-b` would be
 * one stack, and deploying one cluster would turn the other's authenticator into its own.
 */
export function stackName({ clusterId, stackName }: Pick<ClusterContext, "clusterId" | "stackName">): string {
  if (stackName !== undefined) return stackName;
  const plain = clusterId.replace(/[^A-Za-z0-9-]/g, "-");
  const suffix = plain === clusterId ? "" : `-${hash("sha256", clusterId).slice(0, 8)}`;
  return `IamAuthenticator-${plain}${suffix}`;
}
