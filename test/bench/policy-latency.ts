// Measures Pod creation at kube-apiserver with and without the policy of `irsa policy`, by number of ServiceAccounts in
// the namespace, since kube-apiserver evaluates the policy's match conditions for each of them.
// `npx node test/bench/policy-latency.ts`; uses kube-apiserver and etcd of the end-to-end tests.

import { startKubernetes } from "../e2e/irsa/api.ts";
import { applyPolicies, pod, serviceAccount } from "../e2e/irsa/issuing-cluster.ts";
import { markdown } from "./compare.ts";
import { quartiles } from "./quartiles.ts";

const NAMESPACE = "ci";
const SIZES = [1, 100, 1000];
const PODS = 100;

const kubernetes = await startKubernetes();
try {
  await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  await kubernetes.create(serviceAccount(NAMESPACE, "deployer"));
  const rows = [["without the policy", "1", ...(await measure())]];
  await applyPolicies(kubernetes);
  let made = 1;
  for (const size of SIZES) {
    for (; made < size; made += 1) await kubernetes.create(serviceAccount(NAMESPACE, `account-${made}`));
    rows.push(["with the policy", String(size), ...(await measure())]);
  }
  console.log(markdown(["", "ServiceAccounts", "lower quartile", "median", "upper quartile"], rows));
} finally {
  await kubernetes.stop();
}

/** Milliseconds of a dry run, which does not write to etcd; discards the first ten. */
async function measure(): Promise<string[]> {
  const times: number[] = [];
  for (let index = -10; index < PODS; index += 1) {
    const start = performance.now();
    await kubernetes.create(pod("bench"), "?dryRun=All");
    if (index >= 0) times.push(performance.now() - start);
  }
  const { lower, median, upper } = quartiles(times);
  return [lower, median, upper].map((ms) => ms.toFixed(1));
}
