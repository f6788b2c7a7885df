// kube-apiserver with two files for its webhook, as beside Rancher's Authorized Cluster Endpoint:
// docs/deploy.md states that the last flag wins.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { kubeconfig } from "../../cli/kube/kubeconfig.ts";
import { useFolder, useServer } from "../cli/fixtures.ts";
import { execute } from "./cluster/kubectl.ts";
import { whoIs } from "./control-plane/api.ts";
import { eventually } from "./control-plane/process.ts";
import { lineOf } from "./instructions.ts";
import { startKubernetes } from "./kubernetes.ts";

const folder = useFolder();
/** A webhook that refuses connections, so that kube-apiserver logs its URL. */
function webhookFile(name: string): string {
  const names = { cluster: name, user: name, context: name };
  const server = `https://127.0.0.1:9/${name}`;
  return folder.write(name, stringify(kubeconfig(names, { server }, {})));
}
const ours = webhookFile("ours");
const theirs = webhookFile("theirs");

const kubernetes = useServer(() =>
  startKubernetes({
    webhook: { configFile: ours, version: "v1", cacheTtl: "10s" },
    flags: [`--authentication-token-webhook-config-file=${theirs}`],
  }),
);

test("of two webhook files, kube-apiserver asks only the last", async () => {
  assert.equal(await whoIs(kubernetes.endpoint, "k8s-aws-v1.test"), undefined);
  await eventually("kube-apiserver logs the refused connection", 30_000, () =>
    kubernetes.endpoint.log().includes("127.0.0.1:9/theirs"),
  );
  assert.doesNotMatch(kubernetes.endpoint.log(), /127\.0\.0\.1:9\/ours/);
});

test("the page's command prints both flags", async () => {
  const line = lineOf("docs/deploy.md", "ps -eo args");
  const { stdout } = await execute("sh", ["-c", line], { env: process.env });
  const flags = [ours, theirs].map(
    (file) => `--authentication-token-webhook-config-file=${file}\n`,
  );
  assert.ok(stdout.includes(flags.join("")), stdout);
});
