// Two kube-apiservers on one etcd: creates a service account at one and immediately its Pod at the other. If an informer
// lags, the policy does not change the Pod; doctor must find each such Pod.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { checkAdmission } from "../../cli/irsa/doctor/check-admission.ts";
import { openKubernetes } from "../../cli/irsa/kubernetes.ts";
import { kubeconfigOf } from "../../cli/kubeconfig/webhook.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { eventually } from "./control-plane/eventually.ts";
import { type Kubernetes, type KubernetesObject, startKubernetes } from "./irsa/api.ts";
import { installPolicies } from "./irsa/install-policies.ts";

const TIMES = 500;
const ANNOTATIONS = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/reader" };
const folder = mkdtempSync(join(tmpdir(), "irsa-two-"));
let first: Kubernetes;
let second: Kubernetes;

before(async () => {
  first = await startKubernetes();
  second = await startKubernetes({ beside: first });
  await first.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
  await installPolicies(first);
  await first.create(account("canary"));
  await eventually("the policy applies at both", 30_000, async () => {
    const pods = await Promise.all([first, second].map((one) => one.create(pod("canary"), "?dryRun=All")));
    return pods.every(isMutated) || undefined;
  });
});
after(async () => {
  await second.stop();
  await first.stop();
  rmSync(folder, { recursive: true });
});

function account(name: string): KubernetesObject {
  const metadata = { name, namespace: "app", annotations: ANNOTATIONS };
  return { apiVersion: "v1", kind: "ServiceAccount", metadata };
}

function pod(name: string): KubernetesObject {
  const containers = [{ name: "main", image: "example.com/image" }];
  const metadata = { name, namespace: "app" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { serviceAccountName: name, containers },
  } as KubernetesObject;
}

function isMutated(made: unknown): boolean {
  const { spec } = made as { spec: { volumes: { name: string }[] } };
  return spec.volumes.some(({ name }) => name === "aws-iam-token");
}

test(`${TIMES} service accounts at one, each with its Pod at the other: doctor finds each unchanged Pod`, async (t) => {
  const lost: string[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const name = `a-${i}`;
    await first.create(account(name));
    if (!isMutated(await second.create(pod(name)))) lost.push(`app/${name} runs without its role`);
    // Few at a time, since the policy's latency grows with the number of service accounts.
    if (i % 50 !== 49) continue;
    const found = await doctor();
    assert.deepEqual(found, lost.slice(0, 20));
    for (let j = i - 49; j <= i; j += 1) {
      await first.call("DELETE", `/api/v1/namespaces/app/pods/a-${j}?gracePeriodSeconds=0`);
      await first.call("DELETE", `/api/v1/namespaces/app/serviceaccounts/a-${j}`);
    }
    t.diagnostic(`${lost.length} of 50 were not changed`);
    lost.length = 0;
  }
});

async function doctor(): Promise<string[]> {
  const data = (text: string) => Buffer.from(text).toString("base64");
  const { cert, key } = first.credentials.admin;
  const user = { "client-certificate-data": data(cert), "client-key-data": data(key) };
  const file = join(folder, "admin.conf");
  writeFileSync(file, kubeconfigOf(first.endpoint.url, first.endpoint.ca, user));
  const kubernetes = await openKubernetes(file, processStreams());
  const checks = await checkAdmission(kubernetes).finally(kubernetes.close);
  return checks
    .flatMap(({ check, seen }) => (check === "pod" && !seen.startsWith("and ") ? [seen] : []))
    .sort(byNumber);
}

function byNumber(a: string, b: string): number {
  return Number(/\d+/.exec(a)?.[0]) - Number(/\d+/.exec(b)?.[0]);
}
