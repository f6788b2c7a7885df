// A control-plane node for kubeadm: its kube-apiserver manifest, and a shell that runs the lines of docs/deploy.md.
// kubeadm is real, but runs with --dry-run and the node's folder instead of /etc/kubernetes/manifests. kubectl prints the
// cluster's ClusterConfiguration.

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { stringify } from "yaml";

/** What the instructions add to kube-apiserver's manifest, without spaces at the start. */
export const OURS = [
  "- --authentication-token-webhook-config-file=/etc/kubernetes/iam-authenticator/webhook.kubeconfig",
  "- --authentication-token-webhook-version=v1",
  "- mountPath: /etc/kubernetes/iam-authenticator",
  "name: iam-authenticator",
  "readOnly: true",
  "- hostPath:",
  "path: /etc/kubernetes/iam-authenticator",
  "type: ''",
  "name: iam-authenticator",
];

export interface NodeOptions {
  readonly kubeadm: string;
  readonly address: string;
  readonly port: number;
  /** From the ConfigMap kubeadm-config. */
  readonly clusterConfiguration: Readonly<Record<string, unknown>>;
  /** Files for --patches, by name. */
  readonly patches?: Readonly<Record<string, string>>;
}

export interface ControlPlaneNode {
  readonly folder: string;
  /** Default: kube-apiserver's. */
  manifest(component?: string): string;
  /** Edits the ConfigMap. */
  configure(clusterConfiguration: Readonly<Record<string, unknown>>): void;
  /** Runs lines of the document and returns standard output. */
  type(lines: string): Promise<string>;
}

const SHIMS: Readonly<Record<string, string>> = {
  kubectl: 'cat "$NODE/cluster-configuration.yaml"',
  kubeadm: [
    'case " $* " in',
    '  *" --dry-run "*) ;;',
    '  *" init phase "*) export KUBEADM_INIT_DRYRUN_DIR=$NODE/manifests; set -- "$@" --dry-run ;;',
    "esac",
    'exec "$KUBEADM" "$@"',
  ].join("\n"),
};

/** After `kubeadm init`. */
export async function startNode(t: TestContext, options: NodeOptions): Promise<ControlPlaneNode> {
  const { kubeadm, address, port, clusterConfiguration, patches = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ["bin", "manifests", "patches", "root"]) mkdirSync(join(folder, name));
  for (const [name, lines] of Object.entries(SHIMS)) {
    writeFileSync(join(folder, "bin", name), `#!/bin/bash\n${lines}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  for (const [name, text] of Object.entries(patches)) writeFileSync(join(folder, "patches", name), text);

  const node: ControlPlaneNode = {
    folder,
    manifest: (component = "kube-apiserver") => readFileSync(join(folder, `manifests/${component}.yaml`), "utf8"),
    configure: (changed) => writeFileSync(join(folder, "cluster-configuration.yaml"), stringify(changed)),
    type: (lines) => run(folder, kubeadm, lines),
  };
  node.configure(clusterConfiguration);
  const init = {
    apiVersion: clusterConfiguration["apiVersion"],
    kind: "InitConfiguration",
    localAPIEndpoint: { advertiseAddress: address, bindPort: port },
    ...(Object.keys(patches).length > 0 && { patches: { directory: join(folder, "patches") } }),
  };
  writeFileSync(join(folder, "init.yaml"), [stringify(clusterConfiguration), stringify(init)].join("---\n"));
  await node.type('kubeadm init phase control-plane apiserver --config "$NODE/init.yaml"');
  return node;
}

function run(folder: string, kubeadm: string, lines: string): Promise<string> {
  const script = lines.replaceAll("/etc/kubernetes/manifests", join(folder, "manifests"));
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, HOME: folder, NODE: folder, KUBEADM: kubeadm };
  return new Promise((resolve, reject) => {
    execFile(
      "bash",
      ["--norc", "-euo", "pipefail", "-c", script],
      { cwd: join(folder, "root"), env },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message}\n${stdout}\n${stderr}`));
      },
    );
  });
}
