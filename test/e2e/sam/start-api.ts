// Starts `sam local start-api` on a free port and waits until it listens.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "../control-plane/eventually.ts";
import { freePort } from "../control-plane/free-port.ts";
import type { SamCli } from "./sam-cli.ts";

export async function startApi(sam: SamCli, options: readonly string[]) {
  const port = await freePort();
  const args = ["local", "start-api", "--port", String(port), "--warm-containers", "LAZY", ...options];
  const process = spawn(sam.command, args, { env: sam.environment, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  process.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const url = `http://127.0.0.1:${port}`;
  const isRunning = () => process.exitCode !== null || said.includes(`Running on ${url}`) || undefined;
  await eventually("sam local start-api listens", 120_000, isRunning);
  if (process.exitCode !== null) throw new Error(`sam local start-api: ${said}`);
  return {
    url,
    /** Sends SIGINT, since it removes its containers only then. */
    async stop(): Promise<void> {
      process.kill("SIGINT");
      if (process.exitCode === null) await once(process, "exit");
    },
  };
}
