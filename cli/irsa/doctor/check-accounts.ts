// Checks that the policies apply to each ServiceAccount with a role, and how many they evaluate for a Pod.

import { type Check, shortened } from "../../doctor/check.ts";
import { type KubernetesObject, labelsOf, nameOf, namespaceOf, objectAt, roleOf } from "../kubernetes-object.ts";
import { ROLE_LABEL } from "../names.ts";
import { LABEL_COMMAND } from "../policy/label-policy.ts";
import { hasBinding, type InstalledPolicies, needsLabel } from "./installed-policies.ts";
import { selects } from "./label-selector.ts";

export function checkLabels({ pods, labels }: InstalledPolicies, accounts: readonly KubernetesObject[]): Check[] {
  const check = "labels";
  const bindings = pods?.bindings ?? [];
  const isRequired = bindings.some(needsLabel);
  if (!isRequired && labels === undefined) return [];
  const unlabelled = accounts.filter((one) => roleOf(one) !== "" && labelsOf(one)[ROLE_LABEL] !== "true");
  if (unlabelled.length === 0) return [{ check, state: "ok", seen: "each ServiceAccount with a role has the label" }];
  const state = isRequired ? "failed" : "warning";
  const effect = isRequired ? "its new Pods get no role" : "after step 4 of the installation, its new Pods get no role";
  return shortened(
    unlabelled.map((one) => ({
      check,
      state,
      seen: `${nameOf(one)} has a role but not the label ${ROLE_LABEL}=true: ${effect}`,
      advice: LABEL_COMMAND,
    })),
  );
}

/** The namespaces in which a ServiceAccount has a role, but a `namespaceSelector` excludes Pods. */
export function excludedNamespaces(
  { pods }: InstalledPolicies,
  accounts: readonly KubernetesObject[],
  namespaces: readonly KubernetesObject[],
): ReadonlySet<string> {
  if (!hasBinding(pods)) return new Set();
  const { policy, bindings } = pods;
  const isIncluded = (labels: KubernetesObject) =>
    selects(objectAt(policy, "spec", "matchConstraints", "namespaceSelector"), labels) &&
    bindings.some((binding) => selects(objectAt(binding, "spec", "matchResources", "namespaceSelector"), labels));
  const excluded = new Set(namespaces.filter((one) => !isIncluded(labelsOf(one))).map(nameOf));
  return new Set(accounts.filter((one) => roleOf(one) !== "" && excluded.has(namespaceOf(one))).map(namespaceOf));
}

export function checkNamespaces(excluded: ReadonlySet<string>): Check[] {
  return [...excluded].map((namespace) => ({
    check: "namespace",
    state: "warning",
    seen: `${namespace}: its ServiceAccounts with a role get none, because a namespaceSelector excludes it`,
    advice: "remove the namespace from --except-namespace, or the annotation from the ServiceAccounts",
  }));
}

/** A Pod takes 50 ms or more (test/bench/policy-latency.ts). */
const MANY = 500;

export function checkNumber({ pods }: InstalledPolicies, accounts: readonly KubernetesObject[]): Check[] {
  return (pods?.bindings ?? []).flatMap((binding) => {
    const selector = objectAt(binding, "spec", "paramRef", "selector");
    const selected = Map.groupBy(
      accounts.filter((one) => selects(selector, labelsOf(one))),
      namespaceOf,
    );
    return [...selected]
      .filter(([, { length }]) => length > MANY)
      .map(
        ([namespace, { length }]): Check => ({
          check: "number",
          state: "warning",
          seen: `${namespace}: kube-apiserver evaluates the policy for ${length} ServiceAccounts when a Pod is created there`,
          advice: needsLabel(binding)
            ? "move ServiceAccounts with a role to other namespaces"
            : "select ServiceAccounts by the label: irsa policy prints the steps",
        }),
      );
  });
}
