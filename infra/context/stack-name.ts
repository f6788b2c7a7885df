// The name of a cluster's stack.

import { defaultStackName } from "../../functions/settings/stack-name.ts";
import type { ClusterContext } from "./cluster.ts";

export function stackName({ clusterId, stackName }: Pick<ClusterContext, "clusterId" | "stackName">): string {
  return stackName ?? defaultStackName(clusterId);
}
