// The names of a cluster's parameters below its prefix: callers, issuer keys, settings, and what
// kubeconfigs need. `authenticator/mapping/parameter-name.ts` has those of mappings and denials.

/** Returns the prefix of a cluster's parameters unless `MAPPING_PREFIX` is set. */
export function defaultMappingPrefix(clusterId: string): string {
  return `/iam-authenticator/${clusterId}`;
}

/** Returns the name of the parameter that lists the callers. */
export function callersParameter(prefix: string): string {
  return `${prefix}/callers`;
}

/** Returns the path of the issuer's keys: each parameter below it is one. */
export function issuerPath(prefix: string): string {
  return `${prefix}/issuer`;
}

/** Returns the name of the parameter with the issuer's key that has this id. */
export function issuerKeyParameter(prefix: string, kid: string): string {
  return `${issuerPath(prefix)}/${kid}`;
}

/** Returns the path of the settings of all functions with this prefix. */
export function settingsPath(prefix: string): string {
  return `${prefix}/settings`;
}

/**
 * Returns the name of the settings of a cluster's function. Clusters can share a prefix, so it ends
 * with the cluster's id.
 */
export function settingsParameter(prefix: string, clusterId: string): string {
  return `${settingsPath(prefix)}/${clusterId}`;
}

/**
 * Returns the path of what users' kubeconfigs need, which the functions never read: each parameter
 * below it is for a cluster.
 */
export function clusterPath(prefix: string): string {
  return `${prefix}/cluster`;
}

/** Returns the name of what the kubeconfigs of a cluster's users need. */
export function clusterParameter(prefix: string, clusterId: string): string {
  return `${clusterPath(prefix)}/${clusterId}`;
}

/**
 * Returns whether a parameter has callers, an issuer key, settings, or what kubeconfigs need. Such a
 * parameter is neither a mapping nor a denial: it gives no identity access to the cluster, and
 * takes none away.
 */
export function isBesideMappings(name: string, prefix: string): boolean {
  const paths = [issuerPath(prefix), settingsPath(prefix), clusterPath(prefix)];
  return name === callersParameter(prefix) || paths.some((path) => name.startsWith(`${path}/`));
}

/** Returns the name without the prefix, for output. */
export function shortName(name: string, prefix: string): string {
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
