// Starts an etcd with temporary data.

import { join } from "node:path";
import { eventually, freePort, startServer } from "./process.ts";

const READY_MS = 60_000;

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
    const response = await fetch(`${url}/health`);
    return response.ok || undefined;
  });
  return { url, stop: server.stop };
}
