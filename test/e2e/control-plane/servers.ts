// Starts etcd and kube-controller-manager.

import { join } from "node:path";
import { findControllerManager } from "../binaries/binaries.ts";
import { eventually, freePort, startServer } from "./process.ts";

const READY_MS = 60_000;

/** With temporary data. */
export async function startEtcd(command: string, folder: string) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const server = startServer(
    command,
    [
      `--data-dir=${join(folder, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      // durability is not needed
      "--unsafe-no-fsync",
    ],
    join(folder, "etcd.log"),
  );
  await eventually("etcd is healthy", READY_MS, async () => {
    server.requireRunning();
    return (await fetch(`${url}/health`)).ok;
  });
  return { url, stop: server.stop };
}

/** It fills Secrets with service account tokens, signed by the private key. `kubeconfig`: an administrator's. All are paths. */
export function startControllerManager({ kubeconfig = "", privateKeyFile = "", caFile = "", folder = "" }) {
  return startServer(
    findControllerManager(),
    [
      `--kubeconfig=${kubeconfig}`,
      "--controllers=serviceaccount-token-controller,serviceaccount-controller",
      `--service-account-private-key-file=${privateKeyFile}`,
      `--root-ca-file=${caFile}`,
      "--leader-elect=false",
      // No server of its own.
      "--secure-port=0",
      `--cert-dir=${folder}`,
    ],
    join(folder, "kube-controller-manager.log"),
  );
}
