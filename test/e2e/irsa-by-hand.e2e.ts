// Before Kubernetes 1.34: builds the Kustomize component of `irsa policy --for 1.32` with kubectl, and applies it to
// kube-apiserver 1.32.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { cli } from "../cli/cli.ts";
import { findBinaries } from "./binaries/binaries.ts";
import { seen } from "./irsa/pod-specs.ts";
import { ROLE, TOKEN_FILE } from "./irsa/pods.ts";
import { type Kubernetes, startKubernetes } from "./kubernetes.ts";

let kubernetes: Kubernetes;
before(async () => {
  kubernetes = await startKubernetes({ version: "1.32" });
  await kubernetes.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "app" } });
  await kubernetes.create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "reader", namespace: "app" } });
});
after(() => kubernetes.stop());

/** The output of `kubectl kustomize` for a workload of this kind with the printed component. */
async function build(kind: string): Promise<{ spec: { template: { spec: object } } }> {
  const { code, out, err } = await cli(["irsa", "policy", "--for", "1.32", "--role", ROLE, "--container", "main"]);
  assert.equal(code, 0, err);
  const base = join(kubernetes.folder, kind);
  mkdirSync(join(base, "irsa"), { recursive: true });
  writeFileSync(join(base, "irsa", "kustomization.yaml"), out);
  writeFileSync(join(base, "kustomization.yaml"), '{"resources": ["workload.json"], "components": ["./irsa"]}');
  const containers = [
    { name: "main", image: "example.com/image", env: [{ name: "A", value: "1" }] },
    { name: "side", image: "example.com/image" },
  ];
  const template = { metadata: { labels: { app: "a" } }, spec: { serviceAccountName: "reader", containers } };
  const apiVersion = kind === "Job" ? "batch/v1" : "apps/v1";
  const workload = { apiVersion, kind, metadata: { name: "reader", namespace: "app" }, spec: { template } };
  writeFileSync(join(base, "workload.json"), JSON.stringify(workload));
  return parse(execFileSync(findBinaries().kubectl, ["kustomize", base], { encoding: "utf8" }));
}

for (const kind of ["Deployment", "StatefulSet", "DaemonSet", "Job"]) {
  test(`${kind}: the named container gets variables and mount, and kube-apiserver 1.32 accepts the Pod`, async () => {
    const { spec } = (await build(kind)).spec.template;
    const metadata = { name: kind.toLowerCase(), namespace: "app" };
    const made = await kubernetes.create({ apiVersion: "v1", kind: "Pod", metadata, spec }, "?dryRun=All");
    const { volumes, containers } = seen(made);
    assert.deepEqual(volumes, ["token:sts.amazonaws.com:86400"]);
    const main = containers["main"]?.toSorted();
    assert.deepEqual(main, ["+", "A=1", `AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`]);
    assert.deepEqual(containers["side"], []);
  });
}
