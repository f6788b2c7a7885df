// Validates examples/cluster-api with Cluster API: its schema and webhooks accept each file as a
// change of an existing control plane, machines get the file, and kubeadm adds only our flags and
// mount to kube-apiserver's manifest.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { basename, dirname } from "node:path";
import { describe, test } from "node:test";
import { parse, parseAllDocuments, stringify } from "yaml";
import { useFolder } from "../cli/fixtures.ts";
import { KUBERNETES_VERSIONS } from "./binaries/binaries.ts";
import { findClusterApiJudge, findKubeadm } from "./binaries/judges.ts";
import { exampleFile } from "./instructions.ts";
import { OURS, startNode } from "./judges/kubeadm/node.ts";

type Version = "v1beta1" | "v1beta2";

// biome-ignore lint/suspicious/noExplicitAny: a file of examples/cluster-api
type Fields = Record<string, any>;

/** A list where the other one is a map replaces it, as in an example of the other version. */
function merged(first: object, second: object | undefined): object {
  if (second === undefined) return first;
  if (Array.isArray(first) && Array.isArray(second)) return [...first, ...second];
  return Array.isArray(first) || Array.isArray(second) ? second : { ...first, ...second };
}

/**
 * With a flag, a volume and a separate file. `added`: the fields of an example, or none, in this
 * version.
 */
function controlPlane(kubernetes: string, added: Fields | Version) {
  const version = typeof added === "string" ? added : basename(added["apiVersion"]);
  const ours = typeof added === "string" ? {} : added["spec"].kubeadmConfigSpec;
  const { extraArgs, extraVolumes = [] } = ours.clusterConfiguration?.apiServer ?? {};
  const infrastructure = { kind: "AWSMachineTemplate", name: "my-cluster-control-plane" };
  const group = "infrastructure.cluster.x-k8s.io";
  const nodeRegistration = { name: "{{ ds.meta_data.local_hostname }}" };
  const audit = { name: "audit-log-maxage", value: "7" };
  return {
    apiVersion: `controlplane.cluster.x-k8s.io/${version}`,
    kind: "KubeadmControlPlane",
    metadata: { name: "my-cluster-control-plane", namespace: "default" },
    spec: {
      replicas: 3,
      version: `v${kubernetes}`,
      machineTemplate:
        version === "v1beta1"
          ? { infrastructureRef: { apiVersion: `${group}/v1beta2`, ...infrastructure } }
          : { spec: { infrastructureRef: { apiGroup: group, ...infrastructure } } },
      kubeadmConfigSpec: {
        files: [
          { path: "/etc/kubernetes/audit.yaml", content: "rules: []\n" },
          ...(ours.files ?? []),
        ],
        initConfiguration: { nodeRegistration, ...ours.initConfiguration },
        joinConfiguration: { nodeRegistration, ...ours.joinConfiguration },
        clusterConfiguration: {
          apiServer: {
            extraArgs: merged(
              version === "v1beta1" ? { [audit.name]: audit.value } : [audit],
              extraArgs,
            ),
            extraVolumes: [
              { name: "audit", hostPath: "/var/log/audit", mountPath: "/var/log/audit" },
              ...extraVolumes,
            ],
          },
        },
      },
    },
  };
}

type KubeadmControlPlane = ReturnType<typeof controlPlane>;

const example = (name: string): Fields =>
  parse(exampleFile(`cluster-api/${name}`).replaceAll("<api>", "abc"));
const v1beta1 = example("webhook.v1beta1.yaml");
const WEBHOOK: Readonly<Record<Version, Fields>> = { v1beta2: example("webhook.yaml"), v1beta1 };

function judge(...objects: readonly (KubeadmControlPlane | undefined)[]) {
  const { write } = useFolder();
  const given = objects.filter((object) => object !== undefined);
  const files = given.map((object, index) => write(`${index}.yaml`, stringify(object)));
  return spawnSync(findClusterApiJudge(), files, { encoding: "utf8" });
}

interface WrittenFile {
  readonly path: string;
  readonly owner?: string;
  readonly permissions?: string;
  readonly content: string;
}

/** The files that cloud-init writes on the first control-plane machine, and on one that joins. */
function machines(after: KubeadmControlPlane, before?: KubeadmControlPlane) {
  const { status, stdout, stderr } = judge(after, before);
  assert.equal(status, 0, stderr);
  const { init, join: joining }: { init: string; join: string } = JSON.parse(stdout);
  const files = (userData: string): WrittenFile[] => parse(userData).write_files;
  return { init: files(init), join: files(joining) };
}

/** kube-apiserver's manifest by kubeadm, from the user data of the first machine. */
async function manifest(kubernetes: (typeof KUBERNETES_VERSIONS)[number], files: WrittenFile[]) {
  const { content = "" } = files.find(({ path }) => path === "/run/kubeadm/kubeadm.yaml") ?? {};
  const [cluster, init] = parseAllDocuments(content).map((document) => document.toJS());
  assert.deepEqual([cluster.kind, init.kind], ["ClusterConfiguration", "InitConfiguration"]);
  const patches = files.filter(({ path }) => dirname(path) === init.patches?.directory);
  const node = await startNode({
    kubeadm: findKubeadm(kubernetes),
    address: "10.0.0.10",
    port: 6443,
    clusterConfiguration: { ...cluster, controlPlaneEndpoint: "api.example.com:6443" },
    patches: Object.fromEntries(patches.map(({ path, content }) => [basename(path), content])),
  });
  return node.manifest();
}

const ISSUER_FLAGS = /(?<=--service-account-(?:issuer|jwks-uri)=)\S+/g;

const words = (text: string) => text.split("\n").map((line) => line.trim().replace(/''|""/, "''"));

for (const kubernetes of KUBERNETES_VERSIONS) {
  describe(`Kubernetes ${kubernetes}`, () => {
    for (const version of Object.keys(WEBHOOK) as Version[]) {
      test(`${version}: kube-apiserver gets only our flags and mount, and the undo is valid`, async () => {
        const before = controlPlane(kubernetes, version);
        const after = controlPlane(kubernetes, WEBHOOK[version]);
        const { init, join: joining } = machines(after, before);
        for (const files of [init, joining]) {
          const path = "/etc/kubernetes/iam-authenticator/webhook.kubeconfig";
          const content = "my-cluster-iam-authenticator/webhook.kubeconfig\n";
          const expected = { path, owner: "root:root", permissions: "0600", content };
          const written = files.find((file) => file.path === path);
          assert.deepEqual(written, expected);
        }
        const old = words(await manifest(kubernetes, machines(before).init));
        const added = words(await manifest(kubernetes, init));
        for (const line of old) {
          const index = added.indexOf(line);
          assert.notEqual(index, -1, line);
          added.splice(index, 1);
        }
        assert.deepEqual(added.sort(), [...OURS].sort());
        machines(before, after);
      });
    }

    test("the issuers have the documented order in each step", async () => {
      const present = "https://kubernetes.default.svc.cluster.local";
      const next = "https://abc.execute-api.eu-west-1.amazonaws.com";
      const steps = [
        "v1beta2" as const,
        example("issuer-second.yaml"),
        example("issuer-first.yaml"),
      ];
      const flags = [];
      let before: KubeadmControlPlane | undefined;
      for (const added of steps) {
        const after = controlPlane(kubernetes, added);
        const { init, join: joining } = machines(after, before);
        const isPatch = ({ path }: WrittenFile) => path.startsWith("/etc/kubernetes/patches/");
        assert.deepEqual(joining.filter(isPatch), init.filter(isPatch));
        const text = await manifest(kubernetes, init);
        flags.push(text.match(ISSUER_FLAGS));
        before = after;
      }
      assert.deepEqual(flags, [
        [present],
        [present, next],
        [next, `${next}/openid/v1/jwks`, present],
      ]);

      // A new cluster.
      const { clusterConfiguration } = example("issuer-first.yaml")["spec"].kubeadmConfigSpec;
      const { apiVersion } = WEBHOOK.v1beta2;
      const created = controlPlane(kubernetes, {
        apiVersion,
        spec: { kubeadmConfigSpec: { clusterConfiguration } },
      });
      const text = await manifest(kubernetes, machines(created).init);
      assert.deepEqual(text.match(ISSUER_FLAGS), [next, `${next}/openid/v1/jwks`]);
    });
  });
}

const [NEWEST] = KUBERNETES_VERSIONS;

const { apiVersion } = WEBHOOK.v1beta2;
const extraArgs = ["a", "b"].map((host) => ({
  name: "service-account-issuer",
  value: `https://${host}.example.com`,
}));
// biome-ignore format: a table
const ROWS = [
  ["extraArgs of v1beta1 in v1beta2", WEBHOOK.v1beta1["spec"].kubeadmConfigSpec, /cannot unmarshal object into .*extraArgs/],
  ["extraArgs with two issuers", { clusterConfiguration: { apiServer: { extraArgs } } }, /name must be unique/],
  ["an unknown field", { files: [{ path: "/a", content: "a", mode: "0600" }] }, /unknown field "mode"/],
] as const;
for (const [what, kubeadmConfigSpec, message] of ROWS) {
  test(`Cluster API rejects ${what}`, () => {
    const { status, stderr } = judge(
      controlPlane(NEWEST, { apiVersion, spec: { kubeadmConfigSpec } }),
    );
    assert.equal(status, 1);
    assert.match(stderr, message);
  });
}
