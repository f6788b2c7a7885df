// Whether something gives Pods their role: our policy with its binding, or upstream's webhook.

import { isObject } from "../../../functions/lib/json.ts";
import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { POLICY_NAME } from "../names.ts";

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
    return { check, state: "failed", seen: "neither our policy nor pod-identity-webhook is there", advice };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { check, state: "warning", seen: `not read: ${error.message}`, advice: "run this as an administrator" };
  }
}
