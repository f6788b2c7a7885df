// A control-plane node for kubeadm: its kube-apiserver manifest, and a shell that runs the lines of
// docs/deploy.md. kubeadm is real, but runs with --dry-run and the node's folder instead of
// /etc/kubernetes/manifests. kubectl prints the cluster's ClusterConfiguration.

import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { useFolder } from "../../../cli/fixtures.ts";

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
  readonly clusterConfiguration: Readonly<Record<string, unknown>>;
  readonly patches?: Readonly<Record<string, string>>;
}

export type ControlPlaneNode = Awaited<ReturnType<typeof startNode>>;

// biome-ignore format: a table
const SHIMS: Readonly<Record<string, string>> = {
  kubectl: 'cat "$NODE/cluster-configuration.yaml"',
  kubeadm: ['case " $* " in', '  *" --dry-run "*) ;;', '  *" init phase "*) export KUBEADM_INIT_DRYRUN_DIR=$NODE/manifests; set -- "$@" --dry-run ;;', "esac", 'exec "$KUBEADM" "$@"'].join("\n"),
};

/** After `kubeadm init`. */
export async function startNode(options: NodeOptions) {
  const { kubeadm, address, port, clusterConfiguration, patches = {} } = options;
  const { path: folder, write } = useFolder();
  for (const name of ["manifests", "root"]) mkdirSync(join(folder, name));
  for (const [name, lines] of Object.entries(SHIMS))
    chmodSync(write(`bin/${name}`, `#!/bin/bash\n${lines}\n`), 0o755);
  for (const [name, text] of Object.entries(patches)) write(`patches/${name}`, text);

  const node = {
    folder,
    manifest: (component = "kube-apiserver") =>
      readFileSync(join(folder, `manifests/${component}.yaml`), "utf8"),
    configure: (changed: object) => write("cluster-configuration.yaml", stringify(changed)),
    /** Runs lines of the document and returns standard output. */
    type: (lines: string) => run(folder, kubeadm, lines),
  };
  node.configure(clusterConfiguration);
  const init = {
    apiVersion: clusterConfiguration["apiVersion"],
    kind: "InitConfiguration",
    localAPIEndpoint: { advertiseAddress: address, bindPort: port },
    ...(Object.keys(patches).length > 0 && { patches: { directory: join(folder, "patches") } }),
  };
  write("init.yaml", [stringify(clusterConfiguration), stringify(init)].join("---\n"));
  await node.type('kubeadm init phase control-plane apiserver --config "$NODE/init.yaml"');
  return node;
}

async function run(folder: string, kubeadm: string, lines: string): Promise<string> {
  const script = lines.replaceAll("/etc/kubernetes/manifests", join(folder, "manifests"));
  const env = {
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    HOME: folder,
    NODE: folder,
    KUBEADM: kubeadm,
  };
  const shell = ["--norc", "-euo", "pipefail", "-c", script];
  // The error has standard output and standard error.
  return (await promisify(execFile)("bash", shell, { cwd: join(folder, "root"), env })).stdout;
}
