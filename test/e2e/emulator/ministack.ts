// Starts MiniStack, an AWS emulator from PyPI, on a free loopback port, and a gateway for its APIs.
// It runs functions with this machine's Node.js.

import { delimiter, dirname, join } from "node:path";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { useFolder } from "../../cli/fixtures.ts";
import { freePort } from "../../free-port.ts";
import { post } from "../../post.ts";
import { eventually, startServer } from "../control-plane/process.ts";
import { pythonTool } from "../tools.ts";

const VERSION = "1.5.33";
export const PLACE = `MiniStack ${VERSION}`;
const PATIENCE_MS = 90_000;

export type Emulator = Awaited<ReturnType<typeof startEmulator>>;

export async function startEmulator(region: string) {
  const bin = pythonTool(`ministack==${VERSION}`);
  const folder = useFolder().path;
  const port = await freePort();
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const settings = {
    PATH: path,
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    IOT_MTLS_ENABLED: "0",
  };
  const server = startServer(
    join(bin, "ministack"),
    [],
    join(folder, "log"),
    { ...process.env, ...settings },
    folder,
  );
  await eventually("the emulator is healthy", PATIENCE_MS, async () => {
    server.requireRunning();
    return (await fetch(`http://127.0.0.1:${port}/_ministack/health`)).ok || undefined;
  });
  const gateway = await startGateway(port);
  return {
    port,
    localUrls: gateway.localUrls,
    log: () => server.log().slice(-4000),
    environment: {
      AWS_ENDPOINT_URL: `http://localhost:${port}`,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    async stop() {
      await server.stop();
      await gateway.close();
    },
  };
}

/**
 * Serves the emulator's APIs at 127.0.0.1. The emulator selects APIs by names below localhost,
 * which some resolvers do not support, and the command sends tokens without TLS only to this
 * machine.
 */
async function startGateway(emulator: number) {
  const server = await startHttpServer(async ({ method, target, headers, body }) => {
    const [, api = "", path = "/"] = /^\/(\w+)(\/.*)$/.exec(target) ?? [];
    const { authorization, accept, "content-type": type = "" } = headers;
    const forwarded = {
      "content-type": type,
      ...(authorization && { authorization }),
      ...(accept && { accept }),
    };
    const sent = {
      method,
      headers: { ...forwarded, host: `${api}.execute-api.localhost:${emulator}` },
      body,
    };
    const reply = await post(`http://127.0.0.1:${emulator}${path}`, sent);
    return {
      status: reply.status,
      body: reply.text,
      headers: { "content-type": reply.headers["content-type"] ?? "" },
    };
  });
  const url = new RegExp(`http://(\\w+)\\.execute-api\\.localhost:${emulator}`, "g");
  return {
    /**
     * Replaces `http://<api>.execute-api.localhost:<port>` with this gateway's URL for that API.
     */
    localUrls: (text: string) => text.replace(url, `${server.url}/$1`),
    close: server.close,
  };
}
