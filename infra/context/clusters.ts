// Reads the clusters to deploy from CDK's context: `-c clusterId=...`, or a list in cdk.json.

import type { Construct } from "constructs";
import { type ClusterContext, readCluster } from "./cluster.ts";
import { stackName } from "./stack-name.ts";

/** `-c clusterId=x` selects x from the list, or needs no list. Without it, returns the list, which can be empty. */
export function readClusters(scope: Construct): ClusterContext[] {
  const list: unknown = scope.node.tryGetContext("clusters") ?? [];
  if (!Array.isArray(list)) throw new Error('"clusters" in cdk.json must be a list');
  const clusters = list.map(readCluster);
  refuseTwice(clusters.map(({ clusterId }) => `cluster ${clusterId}`));
  refuseTwice(clusters.map((cluster) => `stack ${stackName(cluster)}`));

  const chosen: unknown = scope.node.tryGetContext("clusterId");
  if (chosen === undefined) return clusters;
  if (typeof chosen !== "string") throw new Error('"clusterId" in the context must be a string: put it in quotes');
  return [choose(clusters, chosen)];
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new Error(`"clusters" has the ${twice} twice`);
}

/** Throws if the list does not have the cluster: a typo must not deploy another cluster with defaults. */
function choose(clusters: readonly ClusterContext[], chosen: string): ClusterContext {
  const known = clusters.find(({ clusterId }) => clusterId === chosen);
  if (known !== undefined) return known;
  if (clusters.length === 0) return readCluster({ clusterId: chosen });
  const ids = clusters.map(({ clusterId }) => clusterId).join(", ");
  throw new Error(`-c clusterId=${chosen}: not found in "clusters", which has ${ids}`);
}
