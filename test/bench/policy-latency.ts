// Measures Pod creation at kube-apiserver by number of ServiceAccounts in the namespace: without policies, with bindings
// that select each ServiceAccount (as before the label), and with the policies of `irsa policy`. Each variant takes turns
// with the first one; two slow ones beside each other would slow down all.
// `npx node test/bench/policy-latency.ts`; uses kube-apiserver and etcd of the end-to-end tests; 10 minutes.

import { POLICY_NAME } from "../../cli/irsa/names.ts";
import { eventually } from "../e2e/control-plane/eventually.ts";
import { installPolicies, PLAIN_POLICY, podPolicies } from "../e2e/irsa/install-policies.ts";
import { isMutated, type MadePod, pod, serviceAccount } from "../e2e/irsa/issuing-cluster.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "../e2e/kubernetes.ts";
import { markdown } from "./compare.ts";
import { quartiles } from "./quartiles.ts";

const SIZES = [1, 100, 1_000, 5_000];
/** One namespace for each variant: bindings apply to their own. In the last one, each ServiceAccount has a role. */
const BASE = "no-policy";
const VARIANTS = ["by-label", "each-account", "by-label-all-have-roles"] as const;
/** A Pod takes seconds with more. */
const MOST_WITH_ROLES = 1_000;

const kubernetes = await startKubernetes();
try {
  await prepare(kubernetes);
  const rows: string[][] = [];
  let made = 1;
  for (const size of SIZES) {
    for (; made < size; made += 1) {
      for (const namespace of [BASE, ...VARIANTS]) {
        const hasRole = namespace === "by-label-all-have-roles";
        if (!hasRole || made < MOST_WITH_ROLES) await kubernetes.create(account(namespace, `account-${made}`, hasRole));
      }
    }
    // The slow variant comes after the fast one, since garbage of its requests slows down the next.
    for (const variant of VARIANTS) {
      if (variant === "by-label-all-have-roles" && size > MOST_WITH_ROLES) continue;
      const count = variant === "each-account" && size > MOST_WITH_ROLES ? 20 : 60;
      for (const name of ["with-role", "without-role"]) {
        rows.push([String(size), name, variant, ...(await measure(variant, name, count))]);
      }
    }
  }
  console.log(markdown(["ServiceAccounts", "Pod", "policies", BASE, "with the policies"], rows));
} finally {
  await kubernetes.stop();
}

async function prepare(cluster: Kubernetes): Promise<void> {
  for (const name of [BASE, ...VARIANTS]) {
    await cluster.create({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  await installPolicies(cluster, { exceptNamespaces: [BASE, "each-account"] });
  for (const object of podPolicies({ ...PLAIN_POLICY, reinvocationPolicy: "IfNeeded" })) {
    await cluster.create(selectsEach(object as PolicyObject, "each-account"));
  }
  for (const namespace of [BASE, ...VARIANTS]) {
    await cluster.create(account(namespace, "with-role", true));
    await cluster.create(account(namespace, "without-role", false));
    await eventually(`the policies apply in ${namespace}`, 30_000, async () => {
      const made = (await cluster.create(pod("bench", "with-role", namespace), "?dryRun=All")) as MadePod;
      return isMutated(made) === (namespace !== BASE) || undefined;
    });
  }
}

interface PolicyObject extends KubernetesObject {
  readonly spec: { readonly paramRef?: object };
}

/** A copy of the policy or of its binding, whose bindings select each ServiceAccount of one namespace. */
function selectsEach(object: PolicyObject, namespace: string): KubernetesObject {
  const name = `${POLICY_NAME}.${namespace}`;
  const { paramRef } = object.spec;
  const matchResources = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
  const spec =
    paramRef === undefined
      ? object.spec
      : { ...object.spec, policyName: name, paramRef: { ...paramRef, selector: {} }, matchResources };
  return { ...object, metadata: { name }, spec } as KubernetesObject;
}

function account(namespace: string, name: string, hasRole: boolean): KubernetesObject {
  if (hasRole) return serviceAccount(namespace, name);
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } };
}

/** Medians and quartiles in milliseconds of dry runs, which do not write to etcd: without and with the policies. */
async function measure(variant: string, name: string, count: number): Promise<string[]> {
  const namespaces = [BASE, variant];
  const times: number[][] = [[], []];
  for (let index = -Math.ceil(count / 10); index < count; index += 1) {
    for (const [column, namespace] of namespaces.entries()) {
      const start = performance.now();
      await kubernetes.create(pod("bench", name, namespace), "?dryRun=All");
      if (index >= 0) times[column]?.push(performance.now() - start);
    }
  }
  return times.map(shown);
}

function shown(times: readonly number[]): string {
  const { lower, median, upper } = quartiles(times);
  return `${round(median)} (${round(lower)} to ${round(upper)})`;
}

function round(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}
