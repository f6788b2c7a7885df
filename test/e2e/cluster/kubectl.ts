// Runs kubectl with a separate kubeconfig and without this machine's configuration.

import assert from "node:assert/strict";
import { type ExecFileOptions, execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { kubeconfig as configOf } from "../../../cli/kube/kubeconfig.ts";
import type { Cluster } from "../cluster.ts";

/** The `user` of a kubeconfig: `{ token }`, or `{ exec }` with a plugin. */
type KubectlUser = { readonly token: string } | { readonly exec: ExecPlugin };

/**
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export interface ExecPlugin {
  readonly apiVersion: "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1";
  readonly interactiveMode: "Never";
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
}

const LIMIT_MS = 60_000;

let written = 0;

/** Uses the cluster's first kube-apiserver, or another one by index. */
export function kubectl(
  cluster: Cluster,
  user: KubectlUser,
  args: readonly string[],
  { apiserver = 0 } = {},
) {
  const { url, ca } = cluster.apiservers[apiserver] ?? assert.fail();
  written += 1;
  const kubeconfig = join(cluster.folder, `user-${written}.kubeconfig`);
  const config = configOf(
    { cluster: "test", user: "test", context: "test" },
    { server: url, ca },
    user,
  );
  writeFileSync(kubeconfig, stringify(config), { mode: 0o600 });
  return run(cluster, kubeconfig, args);
}

/** What runs kubectl as an administrator. */
type Administered = Pick<Cluster, "folder" | "kubeconfig"> & {
  readonly binaries: { readonly kubectl: string };
};

export async function admin(
  cluster: Administered,
  args: readonly string[],
  input = "",
): Promise<string> {
  const { code, stdout, stderr } = await run(cluster, cluster.kubeconfig, args, input);
  assert.equal(code, 0, stderr);
  return stdout;
}

function run(
  { folder, binaries }: Administered,
  kubeconfig: string,
  args: readonly string[],
  input?: string,
) {
  const flags = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${join(folder, "kubectl-cache")}`];
  return execute(
    binaries.kubectl,
    [...flags, ...args],
    { env: { PATH: process.env["PATH"], HOME: folder } },
    input,
  );
}

/**
 * Returns the exit code and the output. Throws if the program does not start, or has no exit code.
 */
export function execute(
  program: string,
  args: readonly string[],
  options: ExecFileOptions,
  input = "",
) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    code: number;
    stdout: string;
    stderr: string;
  }>();
  const child = execFile(
    program,
    args,
    { timeout: LIMIT_MS, ...options, encoding: "utf8" },
    (error, stdout, stderr) => {
      const { code } = error ?? { code: 0 };
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    },
  );
  // A program that reads no input may have ended: its exit code counts.
  child.stdin?.on("error", () => {}).end(input);
  return promise;
}

/**
 * By role, the labels whose roles it aggregates:
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
 */
const LABELS = {
  view: ["view"],
  edit: ["view", "edit"],
  admin: ["view", "edit", "admin"],
} as const;

/**
 * Fills Kubernetes' user-facing roles, as kube-controller-manager does, which does not run in these
 * tests.
 */
export async function aggregate(cluster: Administered): Promise<void> {
  for (const [name, labels] of Object.entries(LABELS)) {
    const rules: unknown[] = [];
    for (const label of labels) {
      const selector = `rbac.authorization.k8s.io/aggregate-to-${label}=true`;
      const { items } = JSON.parse(
        await admin(cluster, ["get", "clusterroles", "-l", selector, "-o", "json"]),
      );
      for (const { rules: more } of items) rules.push(...more);
    }
    await admin(cluster, [
      "patch",
      "clusterrole",
      name,
      "--type=merge",
      "-p",
      JSON.stringify({ rules }),
    ]);
  }
}
