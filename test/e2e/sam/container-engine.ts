// Provides a Docker engine for SAM CLI: uses a running one, or starts one for the test.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

export type ContainerEngine = ReturnType<typeof engineAt>;

const PATIENCE_MS = 60_000;

/** Throws if no engine is running and none can be started. */
export async function startContainerEngine(): Promise<ContainerEngine> {
  if (spawnSync("docker", ["info"]).status === 0) return engineAt({}, async () => {});
  if (spawnSync("dockerd", ["--version"]).error !== undefined) {
    throw new Error(
      "no container engine is running, and dockerd is not installed: https://docs.docker.com/engine/install/",
    );
  }
  const folder = mkdtempSync(join(tmpdir(), "docker-"));
  const log = join(folder, "log");
  const host = `unix://${join(folder, "socket")}`;
  const output = openSync(log, "a");
  // vfs works on every file system, also in a container.
  const places = ["--data-root", join(folder, "data"), "--exec-root", join(folder, "run")];
  const daemon = spawn(
    "dockerd",
    ["--storage-driver=vfs", ...places, "--pidfile", join(folder, "pid"), "--host", host],
    { stdio: ["ignore", output, output] },
  );
  closeSync(output);
  const ended = new Promise<void>((resolve) => daemon.once("exit", () => resolve()).once("error", () => resolve()));
  const stop = async (): Promise<void> => {
    daemon.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + PATIENCE_MS;
  while (spawnSync("docker", ["info"], { env: { ...process.env, DOCKER_HOST: host } }).status !== 0) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      const text = existsSync(log) ? readFileSync(log, "utf8").slice(-2000) : "";
      await stop();
      throw new Error(`no container engine is running, and dockerd failed to start:\n${text}`);
    }
    await setTimeout(500);
  }
  return engineAt({ DOCKER_HOST: host }, stop);
}

function engineAt(environment: Readonly<Record<string, string>>, stop: () => Promise<void>) {
  return {
    /** Environment of SAM CLI and the docker command. */
    environment,
    stop,
    docker: (args: readonly string[]) =>
      execFileSync("docker", args, {
        encoding: "utf8",
        // Debian's engine does not include the BuildKit plugin.
        env: { ...process.env, DOCKER_BUILDKIT: "0", ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      }),
  };
}
