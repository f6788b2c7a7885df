// Installs the policies of `irsa policy` in the order that the command prints.

import type { MutatingApi } from "../../../cli/irsa/flags.ts";
import { LABEL_POLICY_NAME, ROLE_LABEL } from "../../../cli/irsa/names.ts";
import { labelPolicy, policies } from "../../../cli/irsa/policy/admission-policy.ts";
import { eventually } from "../control-plane/process.ts";
import type { Kubernetes, KubernetesObject } from "../kubernetes.ts";

export type PolicyOptions = Parameters<typeof policies>[0];

export const PLAIN_POLICY: PolicyOptions = {
  tokenAudience: "sts.amazonaws.com",
  tokenExpiration: 86_400,
  reinvocationPolicy: "Never",
  mutatingApi: "v1",
};

/** Afterwards, each ServiceAccount has the right label, but kube-apiserver may not apply the policies for Pods yet. */
export async function installPolicies(kubernetes: Kubernetes, options: Partial<PolicyOptions> = {}): Promise<void> {
  const all = { ...PLAIN_POLICY, ...options };
  await installLabelPolicy(kubernetes, all.mutatingApi);
  await labelServiceAccounts(kubernetes);
  for (const object of podPolicies(all)) await kubernetes.create(object);
}

/** Waits until it applies. */
async function installLabelPolicy(kubernetes: Kubernetes, mutatingApi: MutatingApi): Promise<void> {
  for (const object of labelPolicy(mutatingApi)) await kubernetes.create(object as KubernetesObject);
  const metadata = { name: "labelled", namespace: "default", annotations: { "eks.amazonaws.com/role-arn": "any" } };
  await eventually("the label policy is in force", 30_000, async () => {
    const canary = { apiVersion: "v1", kind: "ServiceAccount", metadata };
    const { status, body } = await kubernetes.call(
      "POST",
      "/api/v1/namespaces/default/serviceaccounts?dryRun=All",
      canary,
    );
    return (status === 201 && hasLabel(body)) || undefined;
  });
}

/** All but the label policy. */
export function podPolicies(options: PolicyOptions): KubernetesObject[] {
  return (policies(options) as KubernetesObject[]).filter(({ metadata }) => metadata.name !== LABEL_POLICY_NAME);
}

/**
 * Removes the policies for Pods and creates others, which kube-apiserver applies after some time. Between them it waits until
 * the removed validation has no effect: it refuses what the new one may accept. Needs the namespace `app` and policies in force.
 */
export async function replacePodPolicies(kubernetes: Kubernetes, options: Partial<PolicyOptions>): Promise<void> {
  const all = podPolicies({ ...PLAIN_POLICY, ...options });
  const annotations = { "eks.amazonaws.com/role-arn": "nonsense" };
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "refused", namespace: "app", annotations },
  };
  const spec = { serviceAccountName: "refused", containers: [{ name: "main", image: "example.com/image" }] };
  const aPod = { apiVersion: "v1", kind: "Pod", metadata: { name: "any", namespace: "app" }, spec };
  const create = () => kubernetes.call("POST", "/api/v1/namespaces/app/pods?dryRun=All", aPod);

  await kubernetes.create(account);
  await eventually("the earlier validation refuses", 30_000, async () => {
    const { body } = await create();
    return JSON.stringify(body).includes("must be the ARN of an IAM role") || undefined;
  });
  for (const object of all) await kubernetes.remove(object);
  await eventually("the earlier validation is gone", 30_000, async () => (await create()).status === 201 || undefined);
  for (const object of all) await kubernetes.create(object);
  await kubernetes.remove(account);
}

/** As `kubectl label serviceaccounts --all --all-namespaces` does. */
async function labelServiceAccounts(kubernetes: Kubernetes): Promise<void> {
  const { body } = await kubernetes.call("GET", "/api/v1/serviceaccounts");
  for (const { metadata } of (body as { items: KubernetesObject[] }).items) {
    const path = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${metadata.name}`;
    const { status } = await kubernetes.call("PATCH", path, { metadata: { labels: { [ROLE_LABEL]: "true" } } });
    if (status !== 200) throw new Error(`PATCH ${path}: HTTP ${status}`);
  }
}

export function hasLabel(serviceAccount: unknown): boolean {
  const { labels } = (serviceAccount as { metadata: { labels?: Record<string, string> } }).metadata;
  return labels?.[ROLE_LABEL] === "true";
}
