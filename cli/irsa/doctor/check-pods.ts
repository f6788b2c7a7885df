// Checks that each Pod of an annotated ServiceAccount has its role: without it, the Pod silently uses the node's role.

import { isObject } from "../../../functions/lib/json.ts";
import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { POLICY_NAME, ROLE_ANNOTATION, SKIP_LABEL, VOLUME } from "../names.ts";

type KubernetesObject = Record<string, unknown>;

/** Limit of Pods in the output. */
const MAX_SHOWN = 20;

export async function checkPods(kubernetes: Kubernetes): Promise<Check[]> {
  try {
    const accounts = await kubernetes.list("/api/v1/serviceaccounts");
    const annotated = new Set(accounts.filter((one) => roleOf(one) !== "").map(nameOf));
    const pods = (await kubernetes.list("/api/v1/pods")).filter(
      (pod) => annotated.has(`${namespaceOf(pod)}/${stringAt(pod, "spec", "serviceAccountName")}`) && isAlive(pod),
    );
    const without = pods.filter((pod) => !hasVolume(pod) && !isSkipped(pod));
    return [
      {
        check: "accounts",
        state: "ok",
        seen: `${annotated.size} ServiceAccounts with a role, used by ${pods.length} Pods`,
      },
      ...without.slice(0, MAX_SHOWN).map(
        (pod): Check => ({
          check: "pod",
          state: "failed",
          seen: `${nameOf(pod)} runs without its role`,
          advice:
            "recreate it (kubectl rollout restart) after the policy is installed and its ServiceAccount has the role",
        }),
      ),
      ...(without.length <= MAX_SHOWN
        ? []
        : [{ check: "pod", state: "failed", seen: `and ${without.length - MAX_SHOWN} more` } as const]),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "allow list on pods and serviceaccounts, or run this as an administrator";
    return [{ check: "pods", state: "warning", seen: `not read: ${error.message}`, advice }];
  }
}

/** Finished Pods no longer need a role. */
function isAlive(pod: KubernetesObject): boolean {
  return !["Succeeded", "Failed"].includes(stringAt(pod, "status", "phase"));
}

function hasVolume(pod: KubernetesObject): boolean {
  const volumes = at(pod, "spec", "volumes");
  return Array.isArray(volumes) && volumes.some((volume) => isObject(volume) && volume["name"] === VOLUME);
}

function isSkipped(pod: KubernetesObject): boolean {
  const labels = at(pod, "metadata", "labels");
  return isObject(labels) && SKIP_LABEL in labels;
}

function roleOf(account: KubernetesObject): string {
  return stringAt(account, "metadata", "annotations", ROLE_ANNOTATION);
}

function nameOf(object: KubernetesObject): string {
  return `${namespaceOf(object)}/${stringAt(object, "metadata", "name")}`;
}

function namespaceOf(object: KubernetesObject): string {
  return stringAt(object, "metadata", "namespace");
}

function stringAt(object: KubernetesObject, ...path: string[]): string {
  const value = at(object, ...path);
  return typeof value === "string" ? value : "";
}

function at(object: KubernetesObject, ...path: string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), object);
}

const GROUP = "/apis/admissionregistration.k8s.io";
const check = "policy";

export async function checkPolicy(kubernetes: Kubernetes): Promise<Check> {
  try {
    for (const version of ["v1", "v1beta1"]) {
      const kinds = ["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"];
      const statuses: number[] = [];
      for (const kind of kinds) {
        statuses.push((await kubernetes.ask("GET", `${GROUP}/${version}/${kind}/${POLICY_NAME}`)).status);
      }
      if (statuses.every((status) => status === 200)) return { check, state: "ok", seen: `${POLICY_NAME}, ${version}` };
      if (statuses.includes(403)) {
        const advice = "allow get on mutatingadmissionpolicies and their bindings";
        return { check, state: "warning", seen: "not read: HTTP 403", advice };
      }
    }
    const webhooks = await kubernetes.list(`${GROUP}/v1/mutatingwebhookconfigurations`);
    const webhook = webhooks.map(({ metadata }) => (isObject(metadata) ? String(metadata["name"]) : ""));
    const upstream = webhook.find((name) => /pod-identity-webhook/.test(name));
    if (upstream !== undefined) return { check, state: "ok", seen: `the webhook ${upstream}` };
    const advice = "irsa policy | kubectl apply -f -";
    return { check, state: "failed", seen: "neither our policy nor pod-identity-webhook is installed", advice };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { check, state: "warning", seen: `not read: ${error.message}`, advice: "run this as an administrator" };
  }
}
