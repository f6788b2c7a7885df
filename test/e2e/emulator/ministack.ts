// Starts MiniStack, an AWS emulator from PyPI, on a free loopback port. It runs functions with this machine's Node.js.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../control-plane/free-port.ts";
import { pythonTool } from "../python-tool.ts";

const VERSION = "1.5.33";
const REQUIREMENT = `ministack==${VERSION}`;
/** Its name in reports. */
export const PLACE = `MiniStack ${VERSION}`;
const PATIENCE_MS = 90_000;

export interface Emulator {
  readonly port: number;
  /** Environment for the AWS SDK and the CDK CLI. */
  readonly environment: Readonly<Record<string, string>>;
  /** The end of its output. */
  log(): string;
  stop(): Promise<void>;
}

export async function startEmulator(region: string): Promise<Emulator> {
  const bin = pythonTool(REQUIREMENT);
  const folder = mkdtempSync(join(tmpdir(), "ministack-"));
  const port = await freePort();
  const output = openSync(join(folder, "log"), "a");
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const child = spawn(join(bin, "ministack"), [], {
    cwd: folder,
    env: { ...process.env, PATH: path, GATEWAY_PORT: String(port), BIND_HOST: "127.0.0.1", IOT_MTLS_ENABLED: "0" },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const log = () => readFileSync(join(folder, "log"), "utf8").slice(-4000);
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the emulator did not start: ${log()}`);
    await setTimeout(300);
  }
  return {
    port,
    log,
    environment: {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/_ministack/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
