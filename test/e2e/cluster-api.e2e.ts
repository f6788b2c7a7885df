// Validates examples/cluster-api with Cluster API: its schema and webhooks accept each file as a change of an existing control
// plane, machines get the file, and kubeadm adds only our flags and mount to kube-apiserver's manifest.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { KUBERNETES_VERSIONS } from "./binaries/binaries.ts";
import { findClusterApiJudge, findKubeadm } from "./binaries/judges.ts";
import {
  controlPlane,
  type Fields,
  type KubeadmControlPlane,
  type Version,
} from "./judges/cluster-api/control-plane.ts";
import { exampleFile } from "./judges/instructions.ts";
import { OURS, startNode } from "./judges/kubeadm/node.ts";

const example = (name: string): Fields => parse(exampleFile(`cluster-api/${name}`).replaceAll("<api>", "abc"));
const WEBHOOK: Readonly<Record<Version, Fields>> = {
  v1beta2: example("webhook.yaml"),
  v1beta1: example("webhook.v1beta1.yaml"),
};

function judge(t: TestContext, after: KubeadmControlPlane, before?: KubeadmControlPlane) {
  const folder = mkdtempSync(join(tmpdir(), "cluster-api-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = [after, ...(before === undefined ? [] : [before])].map((object, index) => {
    const file = join(folder, `${index}.yaml`);
    writeFileSync(file, stringify(object));
    return file;
  });
  return spawnSync(findClusterApiJudge(), files, { encoding: "utf8" });
}

interface WrittenFile {
  readonly path: string;
  readonly owner?: string;
  readonly permissions?: string;
  readonly content: string;
}

/** The files that cloud-init writes on the first control-plane machine, and on one that joins. */
function machines(t: TestContext, after: KubeadmControlPlane, before?: KubeadmControlPlane) {
  const { status, stdout, stderr } = judge(t, after, before);
  assert.equal(status, 0, stderr);
  const { init, join: joining }: { init: string; join: string } = JSON.parse(stdout);
  const files = (userData: string): WrittenFile[] => parse(userData).write_files;
  return { init: files(init), join: files(joining) };
}

/** kube-apiserver's manifest by kubeadm, from the user data of the first machine. */
async function manifest(t: TestContext, kubernetes: (typeof KUBERNETES_VERSIONS)[number], files: WrittenFile[]) {
  const { content = "" } = files.find(({ path }) => path === "/run/kubeadm/kubeadm.yaml") ?? {};
  const [cluster, init] = parseAllDocuments(content).map((document) => document.toJS());
  assert.deepEqual([cluster.kind, init.kind], ["ClusterConfiguration", "InitConfiguration"]);
  const patches = files.filter(({ path }) => dirname(path) === init.patches?.directory);
  const node = await startNode(t, {
    kubeadm: findKubeadm(kubernetes),
    address: "10.0.0.10",
    port: 6443,
    clusterConfiguration: { ...cluster, controlPlaneEndpoint: "api.example.com:6443" },
    patches: Object.fromEntries(patches.map(({ path, content }) => [basename(path), content])),
  });
  return node.manifest();
}

const words = (text: string) => text.split("\n").map((line) => line.trim().replace(/''|""/, "''"));

for (const kubernetes of KUBERNETES_VERSIONS) {
  describe(`Kubernetes ${kubernetes}`, () => {
    for (const version of Object.keys(WEBHOOK) as Version[]) {
      test(`${version}: each machine gets the file, and kube-apiserver only our flags and mount; the undo is valid`, async (t) => {
        const before = controlPlane(kubernetes, version);
        const after = controlPlane(kubernetes, WEBHOOK[version]);
        const { init, join: joining } = machines(t, after, before);
        for (const files of [init, joining]) {
          const path = "/etc/kubernetes/iam-authenticator/webhook.kubeconfig";
          const content = "my-cluster-iam-authenticator/webhook.kubeconfig\n";
          const expected = { path, owner: "root:root", permissions: "0600", content };
          assert.deepEqual(
            files.find((file) => file.path === path),
            expected,
          );
        }
        const old = words(await manifest(t, kubernetes, machines(t, before).init));
        const added = words(await manifest(t, kubernetes, init));
        for (const line of old) {
          const index = added.indexOf(line);
          assert.notEqual(index, -1, line);
          added.splice(index, 1);
        }
        assert.deepEqual(added.sort(), [...OURS].sort());
        machines(t, before, after);
      });
    }

    test("the issuers have the documented order in each step", async (t) => {
      const present = "https://kubernetes.default.svc.cluster.local";
      const next = "https://abc.execute-api.eu-west-1.amazonaws.com";
      const steps = ["v1beta2" as const, example("issuer-second.yaml"), example("issuer-first.yaml")];
      const flags = [];
      let before: KubeadmControlPlane | undefined;
      for (const added of steps) {
        const after = controlPlane(kubernetes, added);
        const { init, join: joining } = machines(t, after, before);
        const isPatch = ({ path }: WrittenFile) => path.startsWith("/etc/kubernetes/patches/");
        assert.deepEqual(joining.filter(isPatch), init.filter(isPatch));
        const text = await manifest(t, kubernetes, init);
        flags.push(text.match(/(?<=--service-account-(?:issuer|jwks-uri)=)\S+/g));
        before = after;
      }
      assert.deepEqual(flags, [[present], [present, next], [next, `${next}/openid/v1/jwks`, present]]);
    });
  });
}

const [NEWEST] = KUBERNETES_VERSIONS;

const { apiVersion } = WEBHOOK.v1beta2;
const extraArgs = ["https://a.example.com", "https://b.example.com"].map((value) => {
  return { name: "service-account-issuer", value };
});
for (const [what, added, message] of [
  ["extraArgs of v1beta1 in v1beta2", { ...WEBHOOK.v1beta1, apiVersion }, /cannot unmarshal object into .*extraArgs/],
  [
    "extraArgs with two issuers",
    withFields({ clusterConfiguration: { apiServer: { extraArgs } } }),
    /name must be unique/,
  ],
  ["an unknown field", withFields({ files: [{ path: "/a", content: "a", mode: "0600" }] }), /unknown field "mode"/],
] as const) {
  test(`Cluster API rejects ${what}`, (t) => {
    const { status, stderr } = judge(t, controlPlane(NEWEST, added));
    assert.equal(status, 1);
    assert.match(stderr, message);
  });
}

function withFields(kubeadmConfigSpec: Fields["spec"]["kubeadmConfigSpec"]): Fields {
  return { apiVersion, spec: { kubeadmConfigSpec } };
}
