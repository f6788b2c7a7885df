// Reads the clusters to deploy from CDK's context: `-c clusterId=...`, or a list in cdk.json.

import type { Construct } from "constructs";
import { type ClusterContext, readCluster } from "./cluster.ts";
import { stackName } from "./stack-name.ts";

/** `-c clusterId=x` selects x from the list, or needs no list. Without it, returns the list, which can be empty. */
export function readClusters(scope: Construct): ClusterContext[] {
  const list: unknown = scope.node.tryGetContext("clusters") ?? [];
  if (!Array.isArray(list)) throw new Error('"clusters" in cdk.json must be a list');
  const clusters = list.map(readCluster);
  refuseTwice(clusters, ({ clusterId }) => `cluster ${clusterId}`);
  refuseTwice(clusters, (cluster) => `stack ${stackName(cluster)}`);

  const chosen: unknown = scope.node.tryGetContext("clusterId");
  if (chosen === undefined) return clusters;
  if (typeof chosen !== "string") throw new Error('"clusterId" in the context must be a string: put it in quotes');
  return choose(clusters, chosen);
}

/** A cluster can have a stack in each of several regions. */
function refuseTwice(clusters: readonly ClusterContext[], nameOf: (cluster: ClusterContext) => string): void {
  for (const [at, cluster] of clusters.entries()) {
    const name = nameOf(cluster);
    const { clusterId, region } = cluster;
    const isStandby = (other: ClusterContext) =>
      other.clusterId === clusterId && region !== undefined && ![undefined, region].includes(other.region);
    const twice = clusters.slice(0, at).some((other) => nameOf(other) === name && !isStandby(other));
    if (twice) throw new Error(`"clusters" has the ${name} twice: two stacks of one cluster need two regions`);
  }
}

/** The cluster's entries. Throws if the list has none: a typo must not deploy another cluster with defaults. */
function choose(clusters: readonly ClusterContext[], chosen: string): ClusterContext[] {
  const known = clusters.filter(({ clusterId }) => clusterId === chosen);
  if (known.length > 0) return known;
  if (clusters.length === 0) return [readCluster({ clusterId: chosen })];
  const ids = clusters.map(({ clusterId }) => clusterId).join(", ");
  throw new Error(`-c clusterId=${chosen}: not found in "clusters", which has ${ids}`);
}
