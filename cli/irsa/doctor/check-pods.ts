// Checks that each Pod of an annotated ServiceAccount has its role: without it, the Pod silently uses the node's role.

import { type Check, shortened } from "../../doctor/check.ts";
import {
  isAlive,
  type KubernetesObject,
  labelsOf,
  listAt,
  nameOf,
  namespaceOf,
  roleOf,
  stringAt,
} from "../kubernetes-object.ts";
import { SKIP_LABEL, VOLUME } from "../names.ts";

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
