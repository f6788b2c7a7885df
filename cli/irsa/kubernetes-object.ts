// Reads fields of Kubernetes objects, which may be missing.

import { isObject } from "../../functions/lib/json.ts";
import { ROLE_ANNOTATION } from "./names.ts";

export type KubernetesObject = Record<string, unknown>;

/** `namespace/name`; the name alone for objects without a namespace. */
export function nameOf(object: KubernetesObject): string {
  return [namespaceOf(object), stringAt(object, "metadata", "name")].filter((part) => part !== "").join("/");
}

export function namespaceOf(object: KubernetesObject): string {
  return stringAt(object, "metadata", "namespace");
}

/** An empty text if there is none. */
export function roleOf(serviceAccount: KubernetesObject): string {
  return stringAt(serviceAccount, "metadata", "annotations", ROLE_ANNOTATION);
}

export function labelsOf(object: KubernetesObject): KubernetesObject {
  return objectAt(object, "metadata", "labels") ?? {};
}

export function stringAt(object: KubernetesObject, ...path: string[]): string {
  const value = at(object, ...path);
  return typeof value === "string" ? value : "";
}

export function objectAt(object: KubernetesObject, ...path: string[]): KubernetesObject | undefined {
  const value = at(object, ...path);
  return isObject(value) ? value : undefined;
}

export function listAt(object: KubernetesObject, ...path: string[]): KubernetesObject[] {
  const value = at(object, ...path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** `undefined` if a part of the path is missing. */
export function at(object: KubernetesObject, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), object);
}

/** Whether a Pod has not finished. */
export function isAlive(pod: KubernetesObject): boolean {
  return !["Succeeded", "Failed"].includes(stringAt(pod, "status", "phase"));
}

const MAX_NAMED = 10;

/** For a sentence: the names, or the first ten and the number of the others. */
export function shortList(names: readonly string[]): string {
  const hidden = names.length - MAX_NAMED;
  return hidden > 0 ? `${names.slice(0, MAX_NAMED).join(", ")} and ${hidden} more` : names.join(", ");
}
