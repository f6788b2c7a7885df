// Puts HTTP/2 in front of the local gateway, as API Gateway has, behind a TCP proxy that can lose packets.

import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { post } from "../../post.ts";
import type { Backend } from "./backend.ts";

export type Http2Front = Awaited<ReturnType<typeof startHttp2Front>>;

const FORWARDED = ["accept", "authorization", "content-type"];

export async function startHttp2Front({ authority, gateway }: Backend) {
  /** The HTTP version of each request. */
  const versions: string[] = [];
  const tls = { ca: authority.ca };
  const server = createSecureServer(authority.server(), async (request, response) => {
    versions.push(request.httpVersion);
    const { method, url, headers: received } = request;
    const headers = Object.fromEntries(FORWARDED.map((name) => [name, String(received[name])]));
    const { status, text } = await post(`${gateway.url}${url}`, {
      method,
      headers,
      body: Buffer.concat(await request.toArray()),
      tls,
    });
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  });
  return { port: await listen(server), versions, close: () => server.close() };
}

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

/** Forwards connections to a port of this machine. `host`: where it listens. */
export async function startTcpProxy(target: number, host = "127.0.0.1") {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    pairs.add([client, upstream]);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => {});
  });
  return {
    port: await listen(server, host),
    /** Drops every later byte of the present connections, in both directions, without closing them. New ones work. */
    losePackets() {
      // Without a pipe, neither the end nor an error of one side reaches the other.
      for (const socket of [...pairs].flat()) socket.unpipe().resume();
    },
    close() {
      for (const socket of [...pairs].flat()) socket.destroy();
      server.close();
    },
  };
}

async function listen(server: Pick<Server, "listen" | "address">, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}
