// Reads the clusters to deploy from CDK's context: `-c clusterId=...`, or a list in cdk.json.
// Rejects unknown keys that look like keys of this app: a typo must not deploy defaults.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { nearest } from "../../functions/lib/text.ts";
import { repetition } from "../../functions/settings/stack.ts";
import type { StoredVariable } from "../../functions/settings/variables.ts";
import { CLUSTER_KEYS, type ClusterContext, readCluster } from "./cluster.ts";
import { stackName } from "./stacks.ts";

/**
 * Returns the clusters. `-c clusterId=x,y` selects from the list; `-c clusterId=x` needs no list.
 * Without it, returns the list, which can be empty.
 */
export function readClusters(scope: Construct): ClusterContext[] {
  const list: unknown = scope.node.tryGetContext("clusters") ?? [];
  if (!Array.isArray(list)) throw new Error('"clusters" in cdk.json must be a list');
  const reserved = reservedForAll(scope);
  const clusters = list.map((entry) =>
    readCluster(isObject(entry) ? { ...entry, ...reserved } : entry),
  );
  const problem =
    repetition(clusters, ({ clusterId }) => `cluster ${clusterId}`) ??
    repetition(clusters, (cluster) => `stack ${stackName(cluster)}`);
  if (problem !== undefined) throw new Error(problem);
  checkStandbys(clusters);

  const chosen: unknown = scope.node.tryGetContext("clusterId");
  if (chosen === undefined) return clusters;
  if (typeof chosen !== "string")
    throw new Error('"clusterId" in the context must be a string: put it in quotes');
  return clusters.length === 0
    ? [readCluster({ clusterId: chosen, ...reserved })]
    : choose(clusters, chosen);
}

/**
 * Reads `-c reservedConcurrency=8`, or `false`, which each cluster that is deployed gets instead of
 * what its entry has.
 */
function reservedForAll(scope: Construct): object {
  const given: unknown = scope.node.tryGetContext("reservedConcurrency");
  return given === undefined ? {} : { reservedConcurrency: typed("reservedConcurrency", given) };
}

/**
 * A stored setting and its key, if both stacks of a cluster must have the same value. The order of
 * a list does not matter. `undefined`: `checkStandby` has another rule, or no key sets it.
 */
const SHARED = {
  ACCOUNTS: "accounts",
  AUDIENCES: "audiences",
  JWT_ISSUERS: "awsSignedTokens",
  NODE_LOOKUP: "nodes",
  NODE_REGION: undefined,
  NODE_VPCS: "nodeVpcs",
  RESERVED_PREFIXES: "reservedPrefixes",
  STS_EXTRA_HOSTS: "stsExtraHosts",
  STS_HOSTS: undefined,
  STS_REGIONS: undefined,
  TOKENS: "tokens",
  USER_INFO: "userInfo",
} as const satisfies Readonly<
  Record<StoredVariable | "NODE_LOOKUP", keyof ClusterContext | undefined>
>;

const SHARED_KEYS = Object.values(SHARED).filter((key) => key !== undefined);

function checkStandbys(clusters: readonly ClusterContext[]): void {
  for (const standby of clusters) {
    const primary = clusters.find(
      (other) =>
        other !== standby &&
        other.clusterId === standby.clusterId &&
        other.failoverUrl !== undefined,
    );
    if (primary !== undefined) checkStandby(standby, primary);
  }
}

/**
 * Checks a standby: it must not redirect too, must accept the tokens that users sign for the
 * primary, and must decide as it does.
 */
function checkStandby(standby: ClusterContext, primary: ClusterContext): void {
  const { clusterId, region, vpc, vpcEndpoints } = standby;
  if (standby.failoverUrl !== undefined)
    throw new Error(
      `cluster ${clusterId}: both stacks have failoverUrl: leave it out of the standby's entry`,
    );
  const differing = SHARED_KEYS.find((key) => sorted(standby[key]) !== sorted(primary[key]));
  if (differing !== undefined)
    throw new Error(
      `cluster ${clusterId}: ${differing} of the standby in ${region} differs from the primary's`,
    );
  const nodeRegion = primary.nodeRegion ?? primary.region;
  if (standby.nodeRegion !== nodeRegion)
    throw new Error(
      `cluster ${clusterId}: the standby in ${region} requires "nodeRegion": "${nodeRegion}"`,
    );
  // Interface endpoints serve only their region, so that is the default of functionEnvironment.
  const accepted =
    standby.stsRegions ?? (vpc !== undefined && vpcEndpoints !== false ? [region] : undefined);
  const signedFor = primary.stsRegions ?? [primary.region];
  const refused = signedFor.find((signed) => accepted?.includes(signed) === false);
  if (refused === undefined) return;
  throw new Error(
    `cluster ${clusterId}: the standby in ${region} denies tokens that are signed for ${refused}: add ${refused} to its stsRegions, or set its vpcEndpoints to false. In a VPC, both require a NAT gateway`,
  );
}

function sorted(value: ClusterContext[(typeof SHARED_KEYS)[number]]): string {
  return JSON.stringify(
    Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value,
  );
}

/**
 * Returns the clusters' entries of a list that is not empty. Throws if the list lacks one: a typo
 * must not deploy another cluster with defaults.
 */
function choose(clusters: readonly ClusterContext[], chosen: string): ClusterContext[] {
  const wanted = chosen.split(",");
  const known = clusters.map(({ clusterId }) => clusterId);
  const missing = wanted.find((id) => !known.includes(id));
  if (missing === undefined) return clusters.filter(({ clusterId }) => wanted.includes(clusterId));
  throw new Error(
    `-c clusterId=${missing}: not found in "clusters", which has ${known.join(", ")}`,
  );
}

/** The context keys that the app reads. */
const CONTEXT_KEYS = ["clusterId", "clusters", "issuer", "reservedConcurrency"];

/**
 * The keys that are both a cluster's key and a setting of the CDK CLI:
 * https://docs.aws.amazon.com/cdk/v2/guide/cli.html
 */
const CLI_SETTINGS = ["tags"];

/**
 * Checks the keys of the context. `folder` contains the app's cdk.json. Throws an error that states
 * where the key belongs.
 */
export function checkContext(scope: Construct, folder: string): void {
  const context = scope.node.getAllContext() as Readonly<Record<string, unknown>>;
  for (const [key, value] of Object.entries(context)) checkKey(key, value);
  for (const [key, value] of Object.entries(readCdkJson(folder))) checkTopLevelKey(key, value);
}

function checkKey(key: string, value: unknown): void {
  if (CONTEXT_KEYS.includes(key)) return;
  const clusterKey = clusterKeyOf(key);
  if (clusterKey !== undefined) {
    throw new Error(
      `the context key "${key}" has no effect: it belongs to a cluster. Move it into the cluster's entry in cdk.json: ${example(clusterKey, value)}`,
    );
  }
  const meant = contextKeyOf(key, value);
  if (meant !== undefined)
    throw new Error(`the context key "${key}" has no effect: did you mean "${meant}"?`);
}

function checkTopLevelKey(key: string, value: unknown): void {
  if (key === "context" || CLI_SETTINGS.includes(key)) return;
  const clusterKey = clusterKeyOf(key);
  const meant = contextKeyOf(key, value);
  if (clusterKey === undefined && meant === undefined) return;
  const advice =
    meant === undefined
      ? `Move it into the cluster's entry: ${example(clusterKey ?? key, value)}`
      : `Move it below "context": {"context": {"${meant}": ...}}`;
  throw new Error(
    `cdk.json has the key "${key}" at its top level, where it has no effect. ${advice}`,
  );
}

/**
 * Returns the cluster's key with this name in any case, since no other tool has a key such as
 * `nodeVPCs`. Ignores `clusterId`, which is also a context key.
 */
function clusterKeyOf(key: string): string | undefined {
  return CLUSTER_KEYS.find(
    (known) => !CONTEXT_KEYS.includes(known) && known.toLowerCase() === key.toLowerCase(),
  );
}

/**
 * Returns the key if it is one, or the context key that was meant: a list can only be `clusters`,
 * and a string cannot.
 */
function contextKeyOf(key: string, value: unknown): string | undefined {
  const candidates = CONTEXT_KEYS.filter((known) =>
    known === "clusters" ? typeof value !== "string" : !Array.isArray(value),
  );
  return candidates.includes(key) ? key : nearest(key, candidates);
}

function example(key: string, value: unknown): string {
  return `{"context": {"clusters": [{"clusterId": "my-cluster", "${key}": ${JSON.stringify(typed(key, value))}}]}}`;
}

/** Parses a value, since the command line passes each as a string. Only ids remain strings. */
function typed(key: string, value: unknown): unknown {
  const parsed = typeof value === "string" && key !== "account" ? parseJson(value) : undefined;
  return typeof parsed === "number" || typeof parsed === "boolean" ? parsed : value;
}

function readCdkJson(folder: string): Readonly<Record<string, unknown>> {
  const file = join(folder, "cdk.json");
  const content = existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
  return isObject(content) ? content : {};
}
