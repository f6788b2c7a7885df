// Serves the emulator's APIs at 127.0.0.1. The emulator selects APIs by names below localhost, which some resolvers do
// not support, and the command sends tokens without TLS only to this machine.

import { startHttpServer } from "../../../local/http-server.ts";
import { post } from "../../post.ts";
import type { Emulator } from "./ministack.ts";

export type LocalGateway = Awaited<ReturnType<typeof startLocalGateway>>;

/** Headers that the connection does not set. */
const FORWARDED = ["authorization", "content-type", "accept"];

export async function startLocalGateway({ port }: Emulator) {
  const server = await startHttpServer(async ({ method, target, headers, body }) => {
    const [, api = "", path = "/"] = /^\/(\w+)(\/.*)$/.exec(target) ?? [];
    const kept = Object.entries(headers).filter(([name]) => FORWARDED.includes(name));
    const host = `${api}.execute-api.localhost:${port}`;
    const sent = { method, headers: { ...Object.fromEntries(kept), host }, body };
    const reply = await post(`http://127.0.0.1:${port}${path}`, sent);
    const type = reply.headers["content-type"];
    return { status: reply.status, body: reply.text, ...(type !== undefined && { headers: { "content-type": type } }) };
  });
  const url = new RegExp(`http://(\\w+)\\.execute-api\\.localhost:${port}`, "g");
  return {
    /** Replaces `http://<api>.execute-api.localhost:<port>` with this gateway's URL for that API. */
    localUrls: (text: string) => text.replace(url, `${server.url}/$1`),
    close: server.close,
  };
}
