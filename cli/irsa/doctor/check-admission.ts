// Checks that the policies are installed, and that each Pod of an annotated ServiceAccount has its role.

import { type Check, failed, ok, shortenedChecks, warning } from "../../doctor/check.ts";
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
import { attempt } from "./check-cluster.ts";
import { checkPolicies, hasBinding, type InstalledPolicies, needsLabel, readPolicies } from "./installed-policies.ts";

type Objects = readonly KubernetesObject[];

export async function checkAdmission(kubernetes: Kubernetes): Promise<Check[]> {
  const policies = await attempt("policy", "allow list on admission policies and webhooks", () =>
    readPolicies(kubernetes),
  );
  const list = (check: string, resource: string) =>
    attempt(check, `allow list on ${resource}`, () => kubernetes.list(`/api/v1/${resource}`));
  const accounts = await list("accounts", "serviceaccounts");
  const namespaces = await list("namespace", "namespaces");
  const pods = await list("pods", "pods");
  const withRole = accounts.read?.filter((one) => roleOf(one) !== "");
  const excluded = excludedNamespaces(policies.read, withRole, namespaces.read);
  return [
    ...(policies.read ? checkPolicies(policies.read) : policies.unread),
    ...accounts.unread,
    ...(policies.read && withRole ? checkLabels(policies.read, withRole) : []),
    ...(policies.read && accounts.read ? checkNumber(policies.read, accounts.read) : []),
    ...namespaces.unread,
    ...[...excluded].map((namespace) => {
      const seen = `${namespace}: its ServiceAccounts with a role get none, because a namespaceSelector excludes it`;
      const advice = "remove the namespace from --except-namespace, or the annotation from the ServiceAccounts";
      return warning("namespace", seen, advice);
    }),
    ...pods.unread,
    ...(pods.read && withRole ? checkPods(withRole, pods.read, excluded) : []),
  ];
}

function checkLabels({ pods, labels }: InstalledPolicies, withRole: Objects): Check[] {
  const check = "labels";
  const isRequired = pods?.bindings.some(needsLabel) ?? false;
  if (!isRequired && labels === undefined) return [];
  const unlabelled = withRole.filter((one) => labelsOf(one)[ROLE_LABEL] !== "true");
  if (unlabelled.length === 0) return [ok(check, "each ServiceAccount with a role has the label")];
  const result = isRequired ? failed : warning;
  const effect = isRequired ? "its new Pods get no role" : "after step 4 of the installation, its new Pods get no role";
  const seen = `has a role but not the label ${ROLE_LABEL}=true: ${effect}`;
  return shortenedChecks(unlabelled.map((one) => result(check, `${nameOf(one)} ${seen}`, LABEL_COMMAND)));
}

/** The namespaces in which a ServiceAccount has a role, but a `namespaceSelector` excludes Pods. */
function excludedNamespaces(
  policies: InstalledPolicies | undefined,
  withRole: Objects = [],
  namespaces: Objects = [],
): ReadonlySet<string> {
  const pods = policies?.pods;
  if (!hasBinding(pods)) return new Set();
  const { policy, bindings } = pods;
  const isIncluded = (labels: KubernetesObject) =>
    selects(objectAt(policy, "spec", "matchConstraints", "namespaceSelector"), labels) &&
    bindings.some((binding) => selects(objectAt(binding, "spec", "matchResources", "namespaceSelector"), labels));
  const excluded = new Set(namespaces.filter((one) => !isIncluded(labelsOf(one))).map(nameOf));
  return new Set(withRole.map(namespaceOf).filter((namespace) => excluded.has(namespace)));
}

/** A Pod takes 50 ms or more (test/bench/README.md). */
const MANY = 500;

/** Counts the ServiceAccounts for which kube-apiserver evaluates the policy when a Pod is created. */
function checkNumber({ pods }: InstalledPolicies, accounts: Objects): Check[] {
  return (pods?.bindings ?? []).flatMap((binding) => {
    const selector = objectAt(binding, "spec", "paramRef", "selector");
    const selected = accounts.filter((one) => selects(selector, labelsOf(one)));
    const advice = needsLabel(binding)
      ? "move ServiceAccounts with a role to other namespaces"
      : "select ServiceAccounts by the label; this prints the steps: iam-authenticator irsa policy";
    return [...Map.groupBy(selected, namespaceOf)].flatMap(([namespace, { length }]): Check[] => {
      const seen = `${namespace}: kube-apiserver evaluates the policy for ${length} ServiceAccounts when a Pod is created there`;
      return length > MANY ? [warning("number", seen, advice)] : [];
    });
  });
}

/**
 * Without its role, a Pod silently uses the node's role.
 *
 * @param excluded namespaces whose Pods get no role
 */
function checkPods(withRole: Objects, pods: Objects, excluded: ReadonlySet<string>): Check[] {
  const annotated = new Set(withRole.map(nameOf));
  // Finished Pods no longer need a role.
  const used = pods.filter(
    (pod) => annotated.has(`${namespaceOf(pod)}/${stringAt(pod, "spec", "serviceAccountName")}`) && isAlive(pod),
  );
  const hasVolume = (pod: KubernetesObject) => listAt(pod, "spec", "volumes").some(({ name }) => name === VOLUME);
  const without = used.filter(
    (pod) => !hasVolume(pod) && !(SKIP_LABEL in labelsOf(pod)) && !excluded.has(namespaceOf(pod)),
  );
  const seen = `${annotated.size} ServiceAccounts with a role, used by ${used.length} Pods`;
  const advice =
    "recreate it (kubectl rollout restart) after the policy is installed and its ServiceAccount has the role";
  return [
    ok("accounts", seen),
    ...shortenedChecks(without.map((pod) => failed("pod", `${nameOf(pod)} runs without its role`, advice))),
  ];
}
