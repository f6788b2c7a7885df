// An HTTPS proxy that redirects every STS host to the local STS; the peer has no other setting for this.

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { StsCertificates } from "./sts-certificates.ts";

export interface StsProxy {
  /** For `HTTPS_PROXY`, which the peer's HTTP client supports: https://pkg.go.dev/net/http#ProxyFromEnvironment */
  readonly url: string;
  /** Every requested `host:port`. */
  readonly targets: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Accepts CONNECT for any host, terminates TLS, and forwards to the service at `sts`. */
export async function startStsProxy(sts: string, certificates: StsCertificates): Promise<StsProxy> {
  const { hostname, port } = new URL(sts);
  const targets = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());

  server.on("connect", ({ url: target = "" }, socket: Socket) => {
    targets.add(target);
    const host = target.replace(/:443$/, "");
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    const secureContext = createSecureContext(certificates.of(host));
    const inside = new TLSSocket(socket, { isServer: true, secureContext });
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.setNoDelay(true);
    sockets.add(socket).add(upstream);
    socket.on("close", () => sockets.delete(socket));
    upstream.on("close", () => sockets.delete(upstream));
    inside.pipe(upstream).pipe(inside);
    // Propagates resets in both directions.
    for (const end of [inside, upstream, socket]) {
      end.on("error", () => {
        socket.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
