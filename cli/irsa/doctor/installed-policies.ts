// Reads the admission policies for IRSA and their bindings, and checks that none is missing.

import { type Check, failed, ok, warning } from "../../doctor/check.ts";
import { type Kubernetes, refused } from "../kubernetes.ts";
import { type KubernetesObject, nameOf, objectAt, selects, stringAt } from "../kubernetes-object.ts";
import { LABEL_POLICY_NAME, POLICY_NAME } from "../names.ts";

interface InstalledPolicy {
  readonly policy: KubernetesObject;
  readonly bindings: readonly KubernetesObject[];
}

export type InstalledPolicies = Awaited<ReturnType<typeof readPolicies>>;

const GROUP = "/apis/admissionregistration.k8s.io";

/**
 * `pods` changes Pods, `labels` labels ServiceAccounts, and `validation` rejects Pods. `webhook` is the name of upstream's,
 * read only if our policy changes no Pod.
 */
export async function readPolicies(kubernetes: Kubernetes) {
  const validation = await readPolicy(kubernetes, `${GROUP}/v1/validatingadmissionpolic`, POLICY_NAME);
  const read = async (version: string) => {
    const kind = `${GROUP}/${version}/mutatingadmissionpolic`;
    const pods = await readPolicy(kubernetes, kind, POLICY_NAME);
    return { version, pods, labels: await readPolicy(kubernetes, kind, LABEL_POLICY_NAME) };
  };
  const stable = await read("v1");
  const mutating = (stable.pods ?? stable.labels) === undefined ? await read("v1beta1") : stable;
  const webhooks = hasBinding(mutating.pods) ? [] : await kubernetes.list(`${GROUP}/v1/mutatingwebhookconfigurations`);
  const webhook = webhooks.map(nameOf).find((name) => /pod-identity-webhook/.test(name));
  return { ...mutating, validation, webhook };
}

/** `kind`: without the endings of policies and of bindings. */
async function readPolicy(kubernetes: Kubernetes, kind: string, name: string): Promise<InstalledPolicy | undefined> {
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

export function hasBinding(installed: InstalledPolicy | undefined): installed is InstalledPolicy {
  return installed !== undefined && installed.bindings.length > 0;
}

/** Whether a binding of the policy for Pods selects only ServiceAccounts with the label. */
export function needsLabel(binding: KubernetesObject): boolean {
  return !selects(objectAt(binding, "spec", "paramRef", "selector"), {});
}

export function checkPolicies({ version, pods, labels, validation, webhook }: InstalledPolicies): Check[] {
  const apply = "iam-authenticator irsa policy | kubectl apply -f -";
  const check = "policy";
  const problemOf = (policy: InstalledPolicy | undefined) =>
    policy === undefined ? "is not installed" : "has no binding";
  const checks: Check[] = [];
  if (hasBinding(pods)) checks.push(ok(check, `${POLICY_NAME}, ${version}`));
  else if (webhook !== undefined) checks.push(ok(check, `the webhook ${webhook}`));
  else if (pods !== undefined) checks.push(failed(check, `${POLICY_NAME} has no binding: it changes no Pod`, apply));
  else checks.push(failed(check, "neither our policy nor pod-identity-webhook is installed", apply));

  if (pods?.bindings.some(needsLabel) && !hasBinding(labels)) {
    const seen = `${LABEL_POLICY_NAME} ${problemOf(labels)}: new ServiceAccounts do not get the label, and their Pods no role`;
    checks.push(failed(check, seen, "iam-authenticator irsa policy --label-policy | kubectl apply -f -"));
  }
  if (hasBinding(pods) && !hasBinding(validation)) {
    const seen = `the ValidatingAdmissionPolicy ${POLICY_NAME} ${problemOf(validation)}: Pods with invalid annotations are not rejected`;
    checks.push(warning(check, seen, apply));
  }
  return checks;
}
