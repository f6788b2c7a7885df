// Rejects unknown context keys that look like keys of this app: a typo must not deploy defaults.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { nearest } from "../../functions/lib/nearest.ts";
import { CLUSTER_KEYS } from "./cluster.ts";

/** The context keys that the app reads. */
const CONTEXT_KEYS = ["clusterId", "clusters", "issuer"];
/** Both a cluster's key and a setting of the CDK CLI: https://docs.aws.amazon.com/cdk/v2/guide/cli.html */
const CLI_SETTINGS = ["tags"];

/** `folder` contains the app's cdk.json. Throws an error that states where the key belongs. */
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
  if (meant !== undefined) throw new Error(`the context key "${key}" has no effect: did you mean "${meant}"?`);
}

function checkTopLevelKey(key: string, value: unknown): void {
  if (key === "context" || CLI_SETTINGS.includes(key)) return;
  const clusterKey = clusterKeyOf(key);
  const meant = contextKeyOf(key, value);
  if (clusterKey === undefined && meant === undefined) return;
  const place =
    meant === undefined
      ? `Move it into the cluster's entry: ${example(clusterKey ?? key, value)}`
      : `Move it below "context": {"context": {"${meant}": ...}}`;
  throw new Error(`cdk.json has the key "${key}" at its top level, where it has no effect. ${place}`);
}

/** Ignores case, since no other tool has a key such as `nodeVPCs`. Ignores `clusterId`, which is also a context key. */
function clusterKeyOf(key: string): string | undefined {
  return CLUSTER_KEYS.find((known) => !CONTEXT_KEYS.includes(known) && known.toLowerCase() === key.toLowerCase());
}

/** The context key that was meant: a list can only be `clusters`, and a string cannot. */
function contextKeyOf(key: string, value: unknown): string | undefined {
  const candidates = CONTEXT_KEYS.filter((known) =>
    known === "clusters" ? typeof value !== "string" : !Array.isArray(value),
  );
  return nearest(key, candidates);
}

function example(key: string, value: unknown): string {
  return `{"context": {"clusters": [{"clusterId": "my-cluster", "${key}": ${JSON.stringify(typed(key, value))}}]}}`;
}

/** The command line passes every value as a string. Only ids remain strings. */
function typed(key: string, value: unknown): unknown {
  const parsed = typeof value === "string" && key !== "account" ? parseJson(value) : undefined;
  return typeof parsed === "number" || typeof parsed === "boolean" ? parsed : value;
}

function readCdkJson(folder: string): Readonly<Record<string, unknown>> {
  const file = join(folder, "cdk.json");
  const content = existsSync(file) ? parseJson(readFileSync(file, "utf8")) : undefined;
  return isObject(content) ? content : {};
}
