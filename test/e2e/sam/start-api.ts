// Starts `sam local start-api` on a free port and waits until it listens.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../control-plane/free-port.ts";
import type { SamCli } from "./sam-cli.ts";

const PATIENCE_MS = 120_000;

export async function startApi(sam: SamCli, options: readonly string[]) {
  const port = await freePort();
  const args = ["local", "start-api", "--port", String(port), "--warm-containers", "LAZY", ...options];
  const process = spawn(sam.command, args, { env: sam.environment, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  process.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const deadline = Date.now() + PATIENCE_MS;
  while (!said.includes(`Running on http://127.0.0.1:${port}`)) {
    if (process.exitCode !== null || Date.now() > deadline) throw new Error(`sam local start-api: ${said}`);
    await setTimeout(200);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    /** Sends SIGINT, since it removes its containers only then. */
    async stop(): Promise<void> {
      process.kill("SIGINT");
      if (process.exitCode === null) await once(process, "exit");
    },
  };
}
