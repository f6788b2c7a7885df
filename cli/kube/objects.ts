// Kubernetes objects of any kind, and the names of the annotations and labels that give Pods a
// role.

import { isObject, memberAt } from "../../functions/lib/json.ts";

/** Prefix of each annotation. */
export const ANNOTATION = "eks.amazonaws.com/";

export const ROLE_ANNOTATION = `${ANNOTATION}role-arn`;

/** Prefix of the annotations and of the label that upstream does not have. */
export const OWN_PREFIX = "irsa.iam-authenticator/";

/** Pods with this label are not changed, as with the objectSelector of upstream's webhook. */
export const SKIP_LABEL = `${ANNOTATION}skip-pod-identity-webhook`;

export const VOLUME = "aws-iam-token";

export const TOKEN_FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

export const TOKEN_FILE = `${TOKEN_FOLDER}/token`;

/**
 * The file's path on Windows. As upstream, only the variable has it. The mount's path works on
 * Windows too.
 */
export const WINDOWS_TOKEN_FILE = `C:${TOKEN_FILE.replaceAll("/", "\\")}`;

export const STS_AUDIENCE = "sts.amazonaws.com";

export const DEFAULT_TOKEN_EXPIRATION = 86_400;

/** Name of the policies for Pods and of their bindings. */
export const POLICY_NAME = "irsa.iam-authenticator";

/** Name of the policy that labels ServiceAccounts, and of its binding. */
export const LABEL_POLICY_NAME = "irsa-label.iam-authenticator";

/**
 * The bindings of the policies for Pods select ServiceAccounts by this label. The role comes from
 * the annotation alone.
 */
export const ROLE_LABEL = `${OWN_PREFIX}has-role`;

export type KubernetesObject = Record<string, unknown>;

/** Returns `namespace/name`, or the name alone for objects without a namespace. */
export function nameOf(object: KubernetesObject): string {
  return [namespaceOf(object), stringAt(object, "metadata", "name")]
    .filter((part) => part !== "")
    .join("/");
}

export function namespaceOf(object: KubernetesObject): string {
  return stringAt(object, "metadata", "namespace");
}

/** Returns the role's ARN; an empty text if there is none. */
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

export function objectAt(
  object: KubernetesObject,
  ...path: string[]
): KubernetesObject | undefined {
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

/**
 * Returns whether the selector selects these labels. A missing or empty selector matches
 * everything. kube-apiserver rejects other operators.
 */
export function selects(selector: KubernetesObject | undefined, labels: KubernetesObject): boolean {
  if (selector === undefined) return true;
  const equal = Object.entries(objectAt(selector, "matchLabels") ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    equal && listAt(selector, "matchExpressions").every((expression) => matches(expression, labels))
  );
}

function matches(expression: KubernetesObject, labels: KubernetesObject): boolean {
  const { values } = expression;
  const name = stringAt(expression, "key");
  const operator = stringAt(expression, "operator");
  const exists = Object.hasOwn(labels, name);
  const isListed = exists && Array.isArray(values) && values.includes(labels[name]);
  const results = { In: isListed, NotIn: !isListed, Exists: exists, DoesNotExist: !exists };
  return results[operator as keyof typeof results];
}
