// Authorization of granted users: RBAC and the node authorizer use our usernames and groups.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodeName } from "../../local/ec2/node-instance.ts";
import { REGION } from "../../local/sandbox-settings.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { type Cluster, freshToken, startCluster } from "./cluster.ts";
import { eventually } from "./control-plane/eventually.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
  await createTeam(cluster);
});
after(() => cluster.stop());

/** The group developers may list pods in the namespace `team`. */
async function createTeam({ create }: Cluster): Promise<void> {
  const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/team";
  const apiGroup = "rbac.authorization.k8s.io";
  await create("/api/v1/namespaces", { metadata: { name: "team" } });
  await create(`${rbac}/roles`, {
    metadata: { name: "pod-reader" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
  });
  await create(`${rbac}/rolebindings`, {
    metadata: { name: "developers-read-pods" },
    subjects: [{ kind: "Group", name: "developers", apiGroup }],
    roleRef: { kind: "Role", name: "pod-reader", apiGroup },
  });
}

async function run(name: string, args: readonly string[], input = "") {
  return kubectl(cluster, { token: await freshToken(name) }, args, { input });
}

async function assertForbidden(name: string, args: readonly string[], reason: RegExp, input = "") {
  const { code, stderr } = await run(name, args, input);
  assert.equal(code, 1);
  assert.match(stderr, /\(Forbidden\)/);
  assert.match(stderr, reason);
}

for (const name of ["alice", "bob"]) {
  test(`${name}, in the group developers, may only list pods in one namespace`, async () => {
    const { code, stderr } = await run(name, ["get", "pods", "-n", "team"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /No resources found in team namespace/);
    const user = { alice: "alice", bob: "dev:bob-example.com" }[name];
    const reason = new RegExp(`User "${user}" cannot `);
    await assertForbidden(name, ["get", "pods", "-n", "default"], reason);
    await assertForbidden(name, ["get", "secrets", "-n", "team"], reason);
    await assertForbidden(name, ["get", "nodes"], reason);
    await assertForbidden(name, ["create", "namespace", "other"], reason);
  });
}

test("carol, in system:masters, may do everything", async () => {
  const { code, stdout, stderr } = await run("carol", ["auth", "can-i", "*", "*", "--all-namespaces"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), "yes");
  assert.equal((await run("carol", ["create", "namespace", "made-by-carol"])).code, 0);
});

test("an unmapped identity is Unauthorized, and kube-apiserver logs the reason", async () => {
  const { code, stderr } = await run("contractor", ["get", "pods", "-n", "team"]);
  assert.equal(code, 1);
  assert.match(stderr, /Unauthorized/);
  const line = await eventually("the reason is in the log", 5_000, () =>
    cluster.apiservers[0]
      .log()
      .split("\n")
      .find((text) => text.includes("identity_unmapped")),
  );
  assert.match(line, /"Unable to authenticate the request"/);
  assert.match(line, /arn:aws:iam::111122223333:role\/Contractor/);
  assert.match(line, /\/iam-authenticator\/local\/role\/111122223333\/contractor/);
});

test("no token is in kube-apiserver's log", async () => {
  assert.doesNotMatch(cluster.apiservers[0].log(), /k8s-aws-v1\.|X-Amz-/);
});

function nodeObject(name: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name } });
}

test("a node creates its Node object and labels it", async () => {
  const { code, stderr } = await run("node", ["create", "-f", "-"], nodeObject(nodeName(REGION)));
  assert.equal(code, 0, stderr);
  const labelled = await run("node", ["label", "node", nodeName(REGION), "rack=r1"]);
  assert.equal(labelled.code, 0, labelled.stderr);
});

test("a node may not change objects of another node", async () => {
  const other = "ip-10-0-0-13.us-west-2.compute.internal";
  await assertForbidden("node", ["create", "-f", "-"], /is not allowed to modify node/, nodeObject(other));
  await cluster.create("/api/v1/nodes", { metadata: { name: other } });
  await assertForbidden(
    "node",
    ["label", "node", other, "stolen=yes"],
    /is not allowed to modify node|only its own Node object/,
  );
  await cluster.create("/api/v1/namespaces/team/secrets", { metadata: { name: "of-no-pod-here" } });
  await assertForbidden("node", ["get", "secret", "of-no-pod-here", "-n", "team"], /no relationship found/);
});
