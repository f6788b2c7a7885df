// `report --kubeconfig`: the RBAC roles of each mapping's username and groups.

import assert from "node:assert/strict";
import { test } from "node:test";
import { useFolder } from "../folder.ts";
import { kubeconfig, startService } from "../irsa/services.ts";
import { exits } from "../mappings/cluster.ts";
import { prepare, useServer } from "../use-server.ts";
import { ACCOUNT, reportCluster } from "./services.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const files = useFolder();

function binding(name: string, role: string, subjects: readonly string[], namespace?: string): object {
  const [kind, of] = role.split("/");
  return {
    metadata: { name, ...(namespace !== undefined && { namespace }) },
    roleRef: { kind, name: of },
    subjects: subjects.map((subject) => ({ kind: subject.split(" ")[0], name: subject.split(" ")[1] })),
  };
}

const arn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const mappings = {
  [`role/${ACCOUNT}/a`]: { arn: arn("A"), username: "a", groups: ["dev", "team-{SessionName}"] },
  [`role/${ACCOUNT}/b`]: { arn: arn("B"), username: "dev:{SessionName}" },
  [`role/${ACCOUNT}/c`]: { arn: arn("C"), username: "c", groups: ["system:masters"] },
};
const cluster = useServer(() => reportCluster({ mappings }));
const apiserver = useServer(startService);
prepare(() => {
  const bound = (kind: string, ...items: object[]) =>
    apiserver.answers.set(`GET ${RBAC}/${kind}`, () => [200, { items }]);
  bound(
    "clusterrolebindings",
    binding("cluster-admin", "ClusterRole/cluster-admin", ["Group system:masters"]),
    binding("system:discovery", "ClusterRole/system:discovery", ["Group system:authenticated"]),
    binding("view", "ClusterRole/view", ["Group dev", "User c", "ServiceAccount a"]),
    binding("everyone", "ClusterRole/metrics", ["Group system:authenticated"]),
  );
  bound(
    "rolebindings",
    binding("edit", "Role/edit", ["User a", "Group dev", "User dev:jane"], "team-a"),
    binding("other", "ClusterRole/edit", ["Group team-x", "User a.c", "Group devs"], "team-b"),
    { metadata: { name: "empty", namespace: "team-b" }, roleRef: { kind: "Role", name: "empty" } },
  );
});

test("each mapping has the roles of its username and groups, and of every user's group", async () => {
  const file = files.write("admin.conf", kubeconfig(apiserver));
  const { out } = await exits(cluster.report(["--kubeconfig", file, "-o", "json"]), 0);
  assert.deepEqual(
    JSON.parse(out).map(({ roles }: { roles: string[] }) => roles),
    [
      // A template's roles name the subject that it may become.
      ["Role/edit in team-a", "ClusterRole/view", "ClusterRole/edit in team-b (team-x)", "ClusterRole/metrics"],
      ["Role/edit in team-a (dev:jane)", "ClusterRole/metrics"],
      ["ClusterRole/view", "ClusterRole/cluster-admin", "ClusterRole/metrics"],
    ],
  );
  const table = await cluster.report(["--kubeconfig", file]);
  assert.match(table.out, /PRINCIPAL +ROLES +FINDINGS\n.* Role\/edit in team-a, ClusterRole\/view, /);
});

test("without --kubeconfig, no roles are shown", async () => {
  assert.doesNotMatch((await cluster.report(["-o", "json"])).out, /"roles"/);
  assert.doesNotMatch((await cluster.report([])).out, /ROLES/);
});

test("if kube-apiserver refuses the list, the report fails", async () => {
  const other = await startService();
  const { code, out, err } = await cluster.report(["--kubeconfig", files.write("other.conf", kubeconfig(other))]);
  await other.close();
  assert.deepEqual([code, out], [3, ""]);
  assert.match(err, /kube-apiserver refused \/apis\/rbac\.authorization\.k8s\.io\/v1\/clusterrolebindings: HTTP 404/);
});
