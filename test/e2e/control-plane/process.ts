// Runs a server process that logs to a file and stops with this process, such as etcd, and waits
// until a condition holds.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../free-port.ts";
import { findControllerManager } from "../binaries/binaries.ts";

export type ServerProcess = ReturnType<typeof startServer>;

const STOP_MS = 10_000;

const running = new Set<ChildProcess>();
// Stops servers at any end of the tests; the test runner sends SIGTERM to a file that times out.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** `environment` is its complete environment. `cwd`: default this process's. */
export function startServer(
  command: string,
  args: readonly string[],
  logFile: string,
  environment: NodeJS.ProcessEnv = {},
  cwd?: string,
) {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { cwd, env: { ...environment }, stdio: ["ignore", log, log] });
  closeSync(log);
  running.add(child);
  const ended = once(child, "exit").finally(() => running.delete(child));
  // if the command cannot start; requireRunning reports it
  ended.catch(() => undefined);

  return {
    pid: child.pid,
    log: () => readFileSync(logFile, "utf8"),
    requireRunning() {
      if (running.has(child)) return;
      throw new Error(
        `${command} exited. End of its log:\n${readFileSync(logFile, "utf8").slice(-2000)}`,
      );
    },
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

const EVERY_MS = 100;

/**
 * Returns the first value of `check` that is neither false nor undefined. Retries after errors; the
 * last one is the cause at the deadline.
 */
export async function eventually<T>(
  what: string,
  limitMs: number,
  check: () => Promise<T | false | undefined> | T | false | undefined,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline)
      throw new Error(`timed out after ${limitMs / 1000} s: ${what}`, { cause });
    await sleep(EVERY_MS);
  }
}

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

/**
 * It fills Secrets with service account tokens, signed by the private key. `kubeconfig`: an
 * administrator's. All are paths.
 */
export function startControllerManager({
  kubeconfig = "",
  privateKeyFile = "",
  caFile = "",
  folder = "",
}) {
  return startServer(
    findControllerManager(),
    [
      `--kubeconfig=${kubeconfig}`,
      "--controllers=serviceaccount-token-controller,serviceaccount-controller",
      `--service-account-private-key-file=${privateKeyFile}`,
      `--root-ca-file=${caFile}`,
      "--leader-elect=false",
      "--secure-port=0",
      `--cert-dir=${folder}`,
    ],
    join(folder, "kube-controller-manager.log"),
  );
}
