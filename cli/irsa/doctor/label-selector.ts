// Kubernetes label selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors

import { type KubernetesObject, listAt, objectAt, stringAt } from "../kubernetes-object.ts";

/** A missing or empty selector matches everything. kube-apiserver rejects selectors of another form. */
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
  switch (operator) {
    case "In":
      return isListed;
    case "NotIn":
      return !isListed;
    case "Exists":
      return exists;
    case "DoesNotExist":
      return !exists;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}
