// Reads fields of Kubernetes objects, which may be missing.

import { isObject, memberAt } from "../../functions/lib/json.ts";
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
  const value = memberAt(object, ...path);
  return typeof value === "string" ? value : "";
}

export function objectAt(object: KubernetesObject, ...path: string[]): KubernetesObject | undefined {
  const value = memberAt(object, ...path);
  return isObject(value) ? value : undefined;
}

export function listAt(object: unknown, ...path: string[]): KubernetesObject[] {
  const value = memberAt(object, ...path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function isAlive(pod: KubernetesObject): boolean {
  return !["Succeeded", "Failed"].includes(stringAt(pod, "status", "phase"));
}

/** A missing or empty selector matches everything. kube-apiserver rejects other operators. */
export function selects(selector: KubernetesObject | undefined, labels: KubernetesObject): boolean {
  if (selector === undefined) return true;
  const equal = Object.entries(objectAt(selector, "matchLabels") ?? {}).every(([key, value]) => labels[key] === value);
  return equal && listAt(selector, "matchExpressions").every((expression) => matches(expression, labels));
}

function matches(expression: KubernetesObject, labels: KubernetesObject): boolean {
  const { values } = expression;
  const [name, operator] = [stringAt(expression, "key"), stringAt(expression, "operator")];
  const exists = Object.hasOwn(labels, name);
  const isListed = exists && Array.isArray(values) && values.includes(labels[name]);
  const results = { In: isListed, NotIn: !isListed, Exists: exists, DoesNotExist: !exists };
  return results[operator as keyof typeof results];
}
