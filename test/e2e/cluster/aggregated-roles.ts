// Fills Kubernetes' user-facing roles, as kube-controller-manager does, which does not run in these tests.

import type { Cluster } from "../cluster.ts";
import { admin } from "./kubectl.ts";

/** By role, the labels whose roles it aggregates: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles */
const LABELS = { view: ["view"], edit: ["view", "edit"], admin: ["view", "edit", "admin"] } as const;

export async function aggregate(cluster: Cluster): Promise<void> {
  for (const [name, labels] of Object.entries(LABELS)) {
    const rules: unknown[] = [];
    for (const label of labels) {
      const selector = `rbac.authorization.k8s.io/aggregate-to-${label}=true`;
      const { items } = JSON.parse(await admin(cluster, ["get", "clusterroles", "-l", selector, "-o", "json"]));
      for (const { rules: more } of items) rules.push(...more);
    }
    await admin(cluster, ["patch", "clusterrole", name, "--type=merge", "-p", JSON.stringify({ rules })]);
  }
}
