// `npm start -- --kind`: the configuration of a kind cluster whose kube-apiserver calls the
// sandbox, and a listener that containers reach.

import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "yaml";
import type { Sandbox } from "./sandbox.ts";
import type { SandboxFiles } from "./sandbox-files.ts";
import { readWebhook, webhookKubeconfig } from "./webhook.ts";

/** The folder of the kubeconfig in the node and in kube-apiserver's Pod. */
const MOUNT = "/etc/iam-authenticator";

/** The first address of Docker's default bridge, unless its configuration differs. */
const DEFAULT_ADDRESS = "172.17.0.1";

/**
 * Writes the files in any case. Returns the address that kube-apiserver calls, and why it may not
 * answer.
 */
export async function writeKind(files: SandboxFiles, sandbox: Sandbox) {
  const { address, isDesktop, problem } = findAddress();
  const url = new URL(sandbox.endpoint);
  const server = `https://${address}:${url.port}${url.pathname}`;
  mkdirSync(dirname(files.mountedKubeconfig), { recursive: true });
  writeFileSync(files.mountedKubeconfig, webhookKubeconfig({ ...readWebhook(files), server }), {
    mode: 0o600,
  });
  writeFileSync(
    files.kind,
    stringify(kindCluster(dirname(files.mountedKubeconfig)), { blockQuote: "literal" }),
  );
  // Docker Desktop forwards to 127.0.0.1.
  const failure = isDesktop
    ? undefined
    : await sandbox.listenAt(address).then(() => undefined, String);
  const cannot =
    failure &&
    `The sandbox cannot listen there (${failure}). Start Docker, then start the sandbox again.`;
  return { server, problems: [problem, cannot].filter((text) => text !== undefined) };
}

/** Returns the address at which containers reach this machine. */
function findAddress(): {
  readonly address: string;
  readonly isDesktop: boolean;
  readonly problem?: string;
} {
  const system = docker("info", "--format", "{{.OperatingSystem}}");
  const isDesktop = process.platform !== "linux" || system === "Docker Desktop";
  if (isDesktop) return { address: "host.docker.internal", isDesktop };
  // A new bridge has no gateway yet: its first address is this machine's.
  const addresses = "{{range .IPAM.Config}}{{.Gateway}} {{.Subnet}} {{end}}";
  const config = docker("network", "inspect", "bridge", "--format", addresses) ?? "";
  const gateway = /(?<![\d.])\d+\.\d+\.\d+\.\d+(?![\d./])/.exec(config)?.[0];
  const subnet = /\d+\.\d+\.\d+(?=\.0\/\d)/.exec(config)?.[0];
  const address = gateway ?? (subnet && `${subnet}.1`);
  if (address !== undefined) return { address, isDesktop };
  return {
    address: DEFAULT_ADDRESS,
    isDesktop,
    problem: `Docker does not answer, so ${DEFAULT_ADDRESS} is assumed.`,
  };
}

/** Returns the output of a command; `undefined` if it fails. */
function docker(...words: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("docker", words, { encoding: "utf8", timeout: 10_000 });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Returns the configuration of a cluster:
 * https://kind.sigs.k8s.io/docs/user/configuration/
 * The patch has no apiVersion, so that it applies to each version of kubeadm's API: kind ignores a
 * patch of v1beta4 below Kubernetes 1.36, and turns the map of arguments into v1beta4's list.
 */
function kindCluster(hostPath: string): object {
  const patch = {
    kind: "ClusterConfiguration",
    apiServer: {
      extraArgs: {
        "authentication-token-webhook-config-file": `${MOUNT}/webhook.kubeconfig`,
        "authentication-token-webhook-version": "v1",
      },
      extraVolumes: [
        { name: "iam-authenticator", hostPath: MOUNT, mountPath: MOUNT, readOnly: true },
      ],
    },
  };
  return {
    kind: "Cluster",
    apiVersion: "kind.x-k8s.io/v1alpha4",
    nodes: [
      { role: "control-plane", extraMounts: [{ hostPath, containerPath: MOUNT, readOnly: true }] },
    ],
    kubeadmConfigPatches: [stringify(patch)],
  };
}
