// docs/migrate.md for kops: the commands keep the old server on existing machines and off new ones.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { kubectl } from "./cluster/kubectl.ts";
import { adminKubeconfig, lineOf, typeLine } from "./cluster/typed-line.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

async function admin(args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await kubectl(cluster, { token: await freshToken("carol") }, args, { input });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** From kops: authentication.aws/k8s-1.12.yaml.template. */
const OLD_SERVER = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "aws-iam-authenticator", namespace: "kube-system" },
  spec: {
    selector: { matchLabels: { "k8s-app": "aws-iam-authenticator" } },
    template: {
      metadata: { labels: { "k8s-app": "aws-iam-authenticator" } },
      spec: {
        nodeSelector: { "node-role.kubernetes.io/control-plane": "" },
        containers: [{ name: "aws-iam-authenticator", image: "example.com/aws-iam-authenticator" }],
      },
    },
  },
};

const ROLES = { "cp-1": "control-plane", "api-1": "api-server", "worker-1": "node" };
const createNode = (name: string, role: string) =>
  admin(
    ["create", "-f", "-"],
    JSON.stringify({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { [`node-role.kubernetes.io/${role}`]: "" } },
    }),
  );

async function typed(...parts: readonly string[]): Promise<void> {
  const environment = { KUBECONFIG: await adminKubeconfig(cluster) };
  for (const part of parts) {
    const { code, stderr } = await typeLine(cluster, lineOf("docs/migrate.md", part), environment);
    assert.equal(code, 0, stderr);
  }
}

/** Names of the nodes that the DaemonSet selects. */
async function selected(): Promise<string[]> {
  const path = "{.spec.template.spec.nodeSelector}";
  const selector = await admin([
    "-n",
    "kube-system",
    "get",
    "daemonset",
    "aws-iam-authenticator",
    "-o",
    `jsonpath=${path}`,
  ]);
  const labels = Object.entries<string>(JSON.parse(selector)).map(([key, value]) => `${key}=${value}`);
  const nodes = await admin(["get", "nodes", "-l", labels.join(","), "-o", "jsonpath={.items[*].metadata.name}"]);
  return nodes.split(" ").filter((name) => name !== "");
}

test("after the page's commands, the DaemonSet does not select a new control-plane machine; the undo selects it", async () => {
  for (const [name, role] of Object.entries(ROLES)) await createNode(name, role);
  await admin(["create", "-f", "-"], JSON.stringify(OLD_SERVER));
  await typed(
    "kubectl label nodes -l node-role.kubernetes.io/control-plane",
    "kubectl label nodes -l node-role.kubernetes.io/api-server",
    '{"iam-authenticator-migration": "before"}',
  );
  await createNode("cp-2", "control-plane");
  assert.deepEqual(await selected(), ["cp-1"]);
  const labelled = await admin(["get", "nodes", "-l", "iam-authenticator-migration=before", "-o", "name"]);
  assert.deepEqual(labelled.trim().split("\n"), ["node/api-1", "node/cp-1"]);

  await typed('{"iam-authenticator-migration": null}');
  assert.deepEqual(await selected(), ["cp-1", "cp-2"]);
});
