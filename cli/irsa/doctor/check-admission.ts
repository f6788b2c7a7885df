// Checks that the policies are installed, and that each Pod of an annotated ServiceAccount has its role.

import { type Check, shortened } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import {
  isAlive,
  type KubernetesObject,
  labelsOf,
  listAt,
  nameOf,
  namespaceOf,
  objectAt,
  roleOf,
  selects,
  stringAt,
} from "../kubernetes-object.ts";
import { ROLE_LABEL, SKIP_LABEL, VOLUME } from "../names.ts";
import { LABEL_COMMAND } from "../policy/admission-policy.ts";
import { checkPolicies, hasBinding, type InstalledPolicies, needsLabel, readPolicies } from "./installed-policies.ts";

export async function checkAdmission(kubernetes: Kubernetes): Promise<Check[]> {
  const policies = await attempt("policy", "allow list on admission policies and webhooks", () =>
    readPolicies(kubernetes),
  );
  const accounts = await attempt("accounts", "allow list on serviceaccounts", () =>
    kubernetes.list("/api/v1/serviceaccounts"),
  );
  const namespaces = await attempt("namespace", "allow list on namespaces", () =>
    kubernetes.list("/api/v1/namespaces"),
  );
  const pods = await attempt("pods", "allow list on pods", () => kubernetes.list("/api/v1/pods"));
  const excluded =
    policies.read && accounts.read && namespaces.read
      ? excludedNamespaces(policies.read, accounts.read, namespaces.read)
      : new Set<string>();
  return [
    ...(policies.read ? checkPolicies(policies.read) : [policies.check]),
    ...(accounts.read ? [] : [accounts.check]),
    ...(policies.read && accounts.read ? checkLabels(policies.read, accounts.read) : []),
    ...(policies.read && accounts.read ? checkNumber(policies.read, accounts.read) : []),
    ...(namespaces.read ? checkNamespaces(excluded) : [namespaces.check]),
    ...(pods.read ? (accounts.read ? checkPods(accounts.read, pods.read, excluded) : []) : [pods.check]),
  ];
}

type Attempt<T> = { readonly read: T } | { readonly read?: undefined; readonly check: Check };

async function attempt<T>(check: string, permission: string, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { read: await read() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = `${permission}, or run this as an administrator`;
    return { check: { check, state: "warning", seen: `not read: ${error.message}`, advice } };
  }
}

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

/** `excluded`: namespaces whose Pods get no role. */
export function checkPods(
  accounts: readonly KubernetesObject[],
  pods: readonly KubernetesObject[],
  excluded: ReadonlySet<string>,
): Check[] {
  const annotated = new Set(accounts.filter((one) => roleOf(one) !== "").map(nameOf));
  // Finished Pods no longer need a role.
  const used = pods.filter(
    (pod) => annotated.has(`${namespaceOf(pod)}/${stringAt(pod, "spec", "serviceAccountName")}`) && isAlive(pod),
  );
  const without = used.filter((pod) => !hasVolume(pod) && !isSkipped(pod) && !excluded.has(namespaceOf(pod)));
  return [
    {
      check: "accounts",
      state: "ok",
      seen: `${annotated.size} ServiceAccounts with a role, used by ${used.length} Pods`,
    },
    ...shortened(
      without.map((pod) => ({
        check: "pod",
        state: "failed",
        seen: `${nameOf(pod)} runs without its role`,
        advice:
          "recreate it (kubectl rollout restart) after the policy is installed and its ServiceAccount has the role",
      })),
    ),
  ];
}

function hasVolume(pod: KubernetesObject): boolean {
  return listAt(pod, "spec", "volumes").some(({ name }) => name === VOLUME);
}

function isSkipped(pod: KubernetesObject): boolean {
  return SKIP_LABEL in labelsOf(pod);
}
