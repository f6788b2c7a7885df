// Runs kubectl with a separate kubeconfig and without this machine's configuration.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Cluster } from "../cluster.ts";

/** The `user` of a kubeconfig: `{ token }`, or `{ exec }` with a plugin. */
type KubectlUser = { readonly token: string } | { readonly exec: ExecPlugin };

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins */
export interface ExecPlugin {
  readonly apiVersion: "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1";
  readonly interactiveMode: "Never";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MS = 60_000;

let written = 0;

/** Uses the cluster's first kube-apiserver, or another one by index. */
export function kubectl(
  cluster: Cluster,
  user: KubectlUser,
  args: readonly string[],
  { apiserver = 0 } = {},
): Promise<KubectlResult> {
  const { url = "", ca = "" } = cluster.apiservers[apiserver] ?? {};
  written += 1;
  const kubeconfig = join(cluster.folder, `user-${written}.kubeconfig`);
  writeFileSync(kubeconfig, stringify(describeUser(url, ca, user)), { mode: 0o600 });
  return run(cluster, kubeconfig, args);
}

/** Returns standard output of kubectl for the administrator. */
export async function admin(cluster: Cluster, args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await run(cluster, cluster.kubeconfig, args, input);
  assert.equal(code, 0, stderr);
  return stdout;
}

function run(
  { folder, binaries }: Cluster,
  kubeconfig: string,
  args: readonly string[],
  input = "",
): Promise<KubectlResult> {
  const flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(folder, "kubectl-cache")}`];
  const options = { env: { PATH: process.env["PATH"], HOME: folder }, timeout: LIMIT_MS };
  return new Promise((resolve, reject) => {
    const child = execFile(binaries.kubectl, [...flags, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
    child.stdin?.end(input);
  });
}

function describeUser(server: string, ca: string, user: KubectlUser): object {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "e2e", cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") } }],
    users: [{ name: "user", user }],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "user" } }],
    "current-context": "e2e",
  };
}

/** By role, the labels whose roles it aggregates: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles */
const LABELS = { view: ["view"], edit: ["view", "edit"], admin: ["view", "edit", "admin"] } as const;

/** Fills Kubernetes' user-facing roles, as kube-controller-manager does, which does not run in these tests. */
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
