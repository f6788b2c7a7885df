// Checks the admission policies in the cluster, and the Pods that should have a role.

import {
  type Advice,
  type Check,
  failed,
  ok,
  shortenedChecks,
  warning,
} from "../../cmdline/advice.ts";
import { type Kubernetes, refused } from "../../kube/client.ts";
import {
  isAlive,
  type KubernetesObject,
  LABEL_POLICY_NAME,
  labelsOf,
  listAt,
  nameOf,
  namespaceOf,
  objectAt,
  POLICY_NAME,
  ROLE_LABEL,
  roleOf,
  SKIP_LABEL,
  selects,
  stringAt,
  VOLUME,
} from "../../kube/objects.ts";
import { LABEL_COMMAND } from "./admission-policy.ts";
import { attempt } from "./check-keys.ts";

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
  const withRole = accounts.read?.filter((account) => roleOf(account) !== "");
  const excluded = excludedNamespaces(policies.read, withRole, namespaces.read);
  return [
    ...(policies.read ? checkPolicies(policies.read) : policies.unread),
    ...accounts.unread,
    ...(policies.read && withRole ? checkLabels(policies.read, withRole) : []),
    ...(policies.read && accounts.read ? checkNumber(policies.read, accounts.read) : []),
    ...namespaces.unread,
    ...[...excluded].map((namespace) => {
      const seen = `${namespace}: its ServiceAccounts with a role get none, because a namespaceSelector excludes it`;
      const advice =
        "remove the namespace from --except-namespace, or the annotation from the ServiceAccounts";
      return warning("namespace", seen, advice);
    }),
    ...pods.unread,
    ...(pods.read && withRole ? checkPods(withRole, pods.read, excluded) : []),
  ];
}

interface InstalledPolicy {
  readonly policy: KubernetesObject;
  readonly bindings: readonly KubernetesObject[];
}

type InstalledPolicies = Awaited<ReturnType<typeof readPolicies>>;

const GROUP = "/apis/admissionregistration.k8s.io";

/**
 * Reads the policies: `pods` changes Pods, `labels` labels ServiceAccounts, and `validation`
 * rejects Pods. `webhook` is the name of upstream's, read only if our policy changes no Pod.
 */
async function readPolicies(kubernetes: Kubernetes) {
  const validation = await readPolicy(
    kubernetes,
    `${GROUP}/v1/validatingadmissionpolic`,
    POLICY_NAME,
  );
  const read = async (version: string) => {
    const kind = `${GROUP}/${version}/mutatingadmissionpolic`;
    const pods = await readPolicy(kubernetes, kind, POLICY_NAME);
    return { version, pods, labels: await readPolicy(kubernetes, kind, LABEL_POLICY_NAME) };
  };
  const stable = await read("v1");
  const mutating = (stable.pods ?? stable.labels) === undefined ? await read("v1beta1") : stable;
  const webhooks = hasBinding(mutating.pods)
    ? []
    : await kubernetes.list(`${GROUP}/v1/mutatingwebhookconfigurations`);
  const webhook = webhooks.map(nameOf).find((name) => /pod-identity-webhook/.test(name));
  return { ...mutating, validation, webhook };
}

/** Reads a policy and its bindings. `kind` is without the endings of policies and of bindings. */
async function readPolicy(
  kubernetes: Kubernetes,
  kind: string,
  name: string,
): Promise<InstalledPolicy | undefined> {
  const path = `${kind}ies/${name}`;
  const { status, body } = await kubernetes.ask("GET", path);
  // Also if kube-apiserver does not serve this API version.
  if (status === 404) return undefined;
  if (status !== 200) throw refused(path, status, body);
  const bindings = await kubernetes.list(`${kind}ybindings`);
  return {
    policy: body as KubernetesObject,
    bindings: bindings.filter((binding) => stringAt(binding, "spec", "policyName") === name),
  };
}

function hasBinding(installed: InstalledPolicy | undefined): installed is InstalledPolicy {
  return installed !== undefined && installed.bindings.length > 0;
}

/** Returns whether a binding of the policy for Pods selects only ServiceAccounts with the label. */
function needsLabel(binding: KubernetesObject): boolean {
  return !selects(objectAt(binding, "spec", "paramRef", "selector"), {});
}

function checkPolicies({ version, pods, labels, validation, webhook }: InstalledPolicies): Check[] {
  const apply: Advice = ({ program }) => ({
    before: "",
    command: `${program} irsa policy | kubectl apply -f -`,
  });
  const check = "policy";
  const problemOf = (policy: InstalledPolicy | undefined) =>
    policy === undefined ? "is not installed" : "has no binding";
  const checks: Check[] = [];
  if (hasBinding(pods)) checks.push(ok(check, `${POLICY_NAME}, ${version}`));
  else if (webhook !== undefined) checks.push(ok(check, `the webhook ${webhook}`));
  else if (pods !== undefined)
    checks.push(failed(check, `${POLICY_NAME} has no binding: it changes no Pod`, apply));
  else
    checks.push(failed(check, "neither our policy nor pod-identity-webhook is installed", apply));

  if (pods?.bindings.some(needsLabel) && !hasBinding(labels)) {
    const seen = `${LABEL_POLICY_NAME} ${problemOf(labels)}: new ServiceAccounts do not get the label, and their Pods no role`;
    const advice: Advice = ({ program }) => ({
      before: "",
      command: `${program} irsa policy --label-policy | kubectl apply -f -`,
    });
    checks.push(failed(check, seen, advice));
  }
  if (hasBinding(pods) && !hasBinding(validation)) {
    const seen = `the ValidatingAdmissionPolicy ${POLICY_NAME} ${problemOf(validation)}: Pods with invalid annotations are not rejected`;
    checks.push(warning(check, seen, apply));
  }
  return checks;
}

function checkLabels({ pods, labels }: InstalledPolicies, withRole: Objects): Check[] {
  const check = "labels";
  const isRequired = pods?.bindings.some(needsLabel) ?? false;
  if (!isRequired && labels === undefined) return [];
  const unlabelled = withRole.filter((account) => labelsOf(account)[ROLE_LABEL] !== "true");
  if (unlabelled.length === 0) return [ok(check, "each ServiceAccount with a role has the label")];
  const result = isRequired ? failed : warning;
  const effect = isRequired
    ? "its new Pods get no role"
    : "after step 4 of the installation, its new Pods get no role";
  const seen = `has a role but not the label ${ROLE_LABEL}=true: ${effect}`;
  return shortenedChecks(
    unlabelled.map((account) =>
      result(check, `${nameOf(account)} ${seen}`, () => ({ before: "", command: LABEL_COMMAND })),
    ),
  );
}

/**
 * Returns the namespaces in which a ServiceAccount has a role, but a `namespaceSelector` excludes
 * Pods.
 */
function excludedNamespaces(
  policies: InstalledPolicies | undefined,
  withRole: Objects = [],
  namespaces: Objects = [],
) {
  const pods = policies?.pods;
  if (!hasBinding(pods)) return new Set<string>();
  const { policy, bindings } = pods;
  const isIncluded = (labels: KubernetesObject) =>
    selects(objectAt(policy, "spec", "matchConstraints", "namespaceSelector"), labels) &&
    bindings.some((binding) =>
      selects(objectAt(binding, "spec", "matchResources", "namespaceSelector"), labels),
    );
  const excluded = new Set(
    namespaces.filter((namespace) => !isIncluded(labelsOf(namespace))).map(nameOf),
  );
  return new Set(withRole.map(namespaceOf).filter((namespace) => excluded.has(namespace)));
}

/** The number of ServiceAccounts above which a Pod takes 50 ms or more (test/bench/README.md). */
const MANY = 500;

/**
 * Counts the ServiceAccounts for which kube-apiserver evaluates the policy when a Pod is created.
 */
function checkNumber({ pods }: InstalledPolicies, accounts: Objects): Check[] {
  return (pods?.bindings ?? []).flatMap((binding) => {
    const selector = objectAt(binding, "spec", "paramRef", "selector");
    const selected = accounts.filter((account) => selects(selector, labelsOf(account)));
    const advice: Advice = needsLabel(binding)
      ? "move ServiceAccounts with a role to other namespaces"
      : ({ program }) => ({
          before: "select ServiceAccounts by the label; this prints the steps:",
          command: `${program} irsa policy`,
        });
    return [...Map.groupBy(selected, namespaceOf)].flatMap(([namespace, { length }]): Check[] => {
      const seen = `${namespace}: kube-apiserver evaluates the policy for ${length} ServiceAccounts when a Pod is created there`;
      return length > MANY ? [warning("number", seen, advice)] : [];
    });
  });
}

/**
 * Checks the Pods: without its role, a Pod silently uses the node's role.
 *
 * @param excluded namespaces whose Pods get no role
 */
function checkPods(withRole: Objects, pods: Objects, excluded: ReadonlySet<string>): Check[] {
  const annotated = new Set(withRole.map(nameOf));
  // Finished Pods no longer need a role.
  const used = pods.filter(
    (pod) =>
      annotated.has(`${namespaceOf(pod)}/${stringAt(pod, "spec", "serviceAccountName")}`) &&
      isAlive(pod),
  );
  const hasVolume = (pod: KubernetesObject) =>
    listAt(pod, "spec", "volumes").some(({ name }) => name === VOLUME);
  const without = used.filter(
    (pod) => !hasVolume(pod) && !(SKIP_LABEL in labelsOf(pod)) && !excluded.has(namespaceOf(pod)),
  );
  const seen = `${annotated.size} ServiceAccounts with a role, used by ${used.length} Pods`;
  const advice =
    "recreate it (kubectl rollout restart) after the policy is installed and its ServiceAccount has the role";
  return [
    ok("accounts", seen),
    ...shortenedChecks(
      without.map((pod) => failed("pod", `${nameOf(pod)} runs without its role`, advice)),
    ),
  ];
}
