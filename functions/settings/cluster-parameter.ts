// The names of the parameters with what users' kubeconfigs need. The functions never read them.

/** Returns the path of these parameters: each one below it is for a cluster. */
export function clusterPath(prefix: string): string {
  return `${prefix}/cluster`;
}

/**
 * Returns the name of a cluster's parameter. Clusters can share a prefix, so it ends with the
 * cluster's id.
 */
export function clusterParameter(prefix: string, clusterId: string): string {
  return `${clusterPath(prefix)}/${clusterId}`;
}
