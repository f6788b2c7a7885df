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
  checkStandbys(clusters);

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

/** A standby must not redirect too, and must accept the tokens that users sign for the primary. */
function checkStandbys(clusters: readonly ClusterContext[]): void {
  for (const standby of clusters) {
    const { clusterId, region, vpc, vpcEndpoints, failoverUrl } = standby;
    const isPrimary = (one: ClusterContext) => one !== standby && one.failoverUrl !== undefined;
    const primary = clusters.find((one) => one.clusterId === clusterId && isPrimary(one));
    if (primary === undefined) continue;
    if (failoverUrl !== undefined)
      throw new Error(`cluster ${clusterId}: both stacks have failoverUrl: leave it out of the standby's entry`);
    // Interface endpoints serve only their region, so that is the default of functionEnvironment.
    const accepted = standby.stsRegions ?? (vpc !== undefined && vpcEndpoints !== false ? [region] : undefined);
    const refused = (primary.stsRegions ?? [primary.region]).find((one) => accepted?.includes(one) === false);
    if (refused === undefined) continue;
    throw new Error(
      `cluster ${clusterId}: the standby in ${region} denies tokens that are signed for ${refused}: add ${refused} to its stsRegions, or set its vpcEndpoints to false. In a VPC, both require a NAT gateway`,
    );
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
