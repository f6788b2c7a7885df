// Validates the kubeadm instructions of the documents and examples with kubeadm: they add only our
// flags and mount to each node's kube-apiserver manifest, and the undo restores it byte for byte.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { checkIssuerKey, issuerKeyOf } from "../../functions/issuer/key.ts";
import { KUBERNETES_VERSIONS } from "./binaries/binaries.ts";
import { findKubeadm } from "./binaries/judges.ts";
import { blockWith, exampleFile, inlineCode, lineOf } from "./instructions.ts";
import { type ControlPlaneNode, type NodeOptions, OURS, startNode } from "./judges/kubeadm/node.ts";

const FIELDS: ApiServer = parse(exampleFile("kubeadm/webhook.yaml")).apiServer;
const COMMANDS = blockWith("docs/deploy.md", "sh", ["kubeadm init phase control-plane apiserver"]);
const UNDO = inlineCode("docs/deploy.md", /^cp kube-apiserver\.before\.yaml /);
const PATCHES = inlineCode("docs/deploy.md", /^patches: /);

/** With an existing flag and volume. */
function cluster(version: string) {
  return {
    apiVersion: "kubeadm.k8s.io/v1beta4",
    kind: "ClusterConfiguration",
    kubernetesVersion: `v${version}`,
    controlPlaneEndpoint: "api.example.com:6443",
    apiServer: {
      extraArgs: [{ name: "audit-log-maxage", value: "7" }],
      extraVolumes: [{ name: "audit", hostPath: "/var/log/audit", mountPath: "/var/log/audit" }],
    },
  };
}

type ApiServer = ReturnType<typeof cluster>["apiServer"];

/** The ConfigMap as a reader edits it: the page's fields extend the lists. */
function extended(version: string, { extraArgs = [], extraVolumes = [] }: Partial<ApiServer>) {
  const { apiServer, ...rest } = cluster(version);
  const volumes = [...apiServer.extraVolumes, ...extraVolumes];
  return {
    ...rest,
    apiServer: { extraArgs: [...apiServer.extraArgs, ...extraArgs], extraVolumes: volumes },
  };
}

/** From docs/irsa.md: the new issuer, then kubeadm's default. */
const ISSUERS: readonly { readonly name: string; readonly value: string }[] = parse(
  exampleFile("kubeadm/issuer.yaml").replaceAll("<api>", "abc"),
).apiServer.extraArgs;

async function assertOnlyOurs(node: ControlPlaneNode, commands: string = COMMANDS): Promise<void> {
  const lines = (await node.type(commands)).split("\n");
  const marked = (mark: string) =>
    lines
      .filter((line) => line.startsWith(mark))
      .map((line) => withoutQuotes(line.slice(2).trim()));
  assert.deepEqual(marked("< "), []);
  assert.deepEqual(marked("> ").sort(), OURS.map(withoutQuotes).sort());
}

/** Versions of kubeadm use different quotes for the empty string. */
const withoutQuotes = (line: string) => line.replace(/''|""/, "");

const ROTATION = "docs/irsa.md";
const KEYS = blockWith(ROTATION, "sh", ["openssl genrsa -out sa-next.key"]);
const CONTROLLER_MANAGER = blockWith(ROTATION, "sh", [
  "init phase control-plane controller-manager",
]);
const SIGN = parse(exampleFile("kubeadm/service-account-key.yaml"));
/** "To accept, only the first two arguments." */
const ACCEPT = { apiServer: { extraArgs: SIGN.apiServer.extraArgs.slice(0, 2) } };

/** The flags with the keys of service accounts, without `--` and the folder of kubeadm. */
function keyFlags(manifest: string): string[] {
  const flags = manifest.match(/--service-account-\S*key-file=\S+/g) ?? [];
  return flags
    .map((flag) => flag.replace("--service-account-", "").replace("/etc/kubernetes/pki/", ""))
    .sort();
}

for (const version of KUBERNETES_VERSIONS) {
  const kubeadm = findKubeadm(version);
  const options = (address = "10.0.0.10"): NodeOptions => {
    return { kubeadm, address, port: 7443, clusterConfiguration: cluster(version) };
  };

  describe(`kubeadm ${version}`, () => {
    test("on each control-plane node, only our flags and our mount are added, and the undo is exact", async () => {
      for (const address of ["10.0.0.10", "10.0.0.11", "10.0.0.12"]) {
        const node = await startNode(options(address));
        const before = node.manifest();
        assert.match(before, new RegExp(`--advertise-address=${address}\n`));
        node.configure(extended(version, FIELDS));
        await assertOnlyOurs(node);
        assert.match(node.manifest(), /--authentication-token-webhook-version=v1\n/);

        await node.type(UNDO);
        assert.equal(node.manifest(), before);
        // A later upgrade creates the manifest from the ConfigMap.
        node.configure(cluster(version));
        await node.type(COMMANDS);
        assert.equal(node.manifest(), before);
      }
    });

    test("without the node's address in InitConfiguration, kubeadm writes another address", async () => {
      const node = await startNode(options());
      const without = COMMANDS.replace(/^cat >> [\s\S]*?^EOF\n/m, "");
      assert.notEqual(without, COMMANDS);
      // kubeadm fails if the machine has no default route.
      await node
        .type(without)
        .catch(() => node.type(": > /etc/kubernetes/manifests/kube-apiserver.yaml"));
      assert.doesNotMatch(node.manifest(), /--advertise-address=10\.0\.0\.10\n/);
    });

    test("patches are kept with the page's line, and lost without it", async () => {
      const patch = "metadata: {annotations: {example.com/owner: team-a}}\n";
      const node = await startNode({
        ...options(),
        patches: { "kube-apiserver+strategic.yaml": patch },
      });
      assert.match(node.manifest(), /example\.com\/owner: team-a/);
      node.configure(extended(version, FIELDS));
      const line = PATCHES.replace("<folder>", join(node.folder, "patches"));
      await assertOnlyOurs(node, COMMANDS.replace(/^EOF$/m, `${line}\nEOF`));
      assert.match(node.manifest(), /example\.com\/owner: team-a/);

      await node.type(COMMANDS);
      assert.doesNotMatch(node.manifest(), /example\.com\/owner/);
    });

    test("docs/irsa.md: the new issuer is added before the old one", async () => {
      const node = await startNode(options());
      node.configure(extended(version, { extraArgs: [...ISSUERS] }));
      await node.type(COMMANDS);
      const flags = node.manifest().match(/(?<=--)service-account-(?:issuer|jwks-uri)=\S+/g);
      const expected = ISSUERS.map(({ name, value }) => `${name}=${value}`);
      assert.deepEqual(flags, expected);
    });

    test("docs/irsa.md: kube-apiserver accepts the new key before it signs", async () => {
      const node = await startNode(options());
      await node.type(
        'kubeadm init phase control-plane controller-manager --config "$NODE/init.yaml"',
      );
      const manifests = () => [node.manifest(), node.manifest("kube-controller-manager")] as const;
      const old = manifests();

      for (const [step, key] of [
        [ACCEPT, "sa.key"],
        [SIGN, "sa-next.key"],
      ] as const) {
        node.configure({ ...step, ...extended(version, step.apiServer) });
        await node.type(COMMANDS + CONTROLLER_MANAGER);
        const verifying = ["key-file=sa-next.pub", "key-file=sa.pub"];
        const expected = [[...verifying, `signing-key-file=${key}`], [`private-key-file=${key}`]];
        assert.deepEqual(manifests().map(keyFlags), expected);
        await node.type(UNDO);
        await node.type(UNDO.replaceAll("kube-apiserver", "kube-controller-manager"));
        assert.deepEqual(manifests(), old);
      }
    });

    test("the break-glass kubeconfig contains the cluster's endpoint", async () => {
      const certificatesDir = join((await startNode(options())).folder, "pki");
      mkdirSync(certificatesDir);
      execFileSync(kubeadm, ["init", "phase", "certs", "ca", "--cert-dir", certificatesDir], {
        stdio: "ignore",
      });
      const clusterConfiguration = { ...cluster(version), certificatesDir };
      const node = await startNode({ ...options(), clusterConfiguration });
      const lines = ["/etc/kubernetes/admin.conf", "kubeadm kubeconfig user"].map((part) =>
        lineOf("docs/operate.md", part),
      );
      const kubeconfig = parse(
        await node.type([...lines, "cat break-glass.kubeconfig"].join("\n")),
      );
      assert.equal(kubeconfig.clusters[0].cluster.server, "https://api.example.com:6443");
    });
  });
}

test("docs/irsa.md: the new key pair is one that kube-apiserver signs with", async () => {
  const [version] = KUBERNETES_VERSIONS;
  const usual = { address: "10.0.0.10", port: 6443, clusterConfiguration: cluster(version) };
  const node = await startNode({ kubeadm: findKubeadm(version), ...usual });
  await node.type(KEYS);
  const [privateKey, publicKey] = ["sa-next.key", "sa-next.pub"].map((name) =>
    readFileSync(join(node.folder, "root", name)),
  );
  const key = issuerKeyOf(createPublicKey(publicKey ?? ""));
  assert.deepEqual(key, issuerKeyOf(createPublicKey(privateKey ?? "")));
  assert.equal(checkIssuerKey(key).valid, true);
});
