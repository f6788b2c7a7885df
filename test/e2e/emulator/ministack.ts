// Starts MiniStack, an AWS emulator from PyPI, on a free loopback port. It runs functions with this machine's Node.js.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { eventually, freePort, startServer } from "../control-plane/process.ts";
import { pythonTool } from "../tools.ts";

const VERSION = "1.5.33";
const REQUIREMENT = `ministack==${VERSION}`;
/** Its name in reports. */
export const PLACE = `MiniStack ${VERSION}`;
const PATIENCE_MS = 90_000;

export type Emulator = Awaited<ReturnType<typeof startEmulator>>;

export async function startEmulator(region: string) {
  const bin = pythonTool(REQUIREMENT);
  const folder = mkdtempSync(join(tmpdir(), "ministack-"));
  const port = await freePort();
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const settings = { PATH: path, GATEWAY_PORT: String(port), BIND_HOST: "127.0.0.1", IOT_MTLS_ENABLED: "0" };
  const server = startServer(join(bin, "ministack"), [], join(folder, "log"), { ...process.env, ...settings }, folder);
  await eventually("the emulator is healthy", PATIENCE_MS, async () => {
    server.requireRunning();
    return (await fetch(`http://127.0.0.1:${port}/_ministack/health`)).ok || undefined;
  });
  return {
    port,
    /** The end of its output. */
    log: () => server.log().slice(-4000),
    /** Environment for the AWS SDK and the CDK CLI. */
    environment: {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
