// An HTTPS proxy that redirects every host to one local service, and certificates for any host
// name, from an authority that only the tested program trusts.

import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { type Credential, createCertificateAuthority } from "../local/certificates.ts";

/** `ca` is PEM. `of`: a certificate for only this host name, cached. */
export function createHostCertificates() {
  const { ca, server } = createCertificateAuthority({ subject: { CN: "Local host CA" } });
  const made = new Map<string, Credential>();
  return {
    ca,
    of(host: string) {
      const credential = made.get(host) ?? server(host);
      made.set(host, credential);
      return credential;
    },
  };
}

export type ConnectProxy = Awaited<ReturnType<typeof startConnectProxy>>;

/**
 * Accepts CONNECT for any host, terminates TLS, and forwards to the service at `service`, a URL
 * with plain HTTP.
 */
export async function startConnectProxy(
  service: string,
  certificates: ReturnType<typeof createHostCertificates>,
) {
  const { hostname, port } = new URL(service);
  const targets = new Set<string>();
  const credentials = new Set<string | undefined>();
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end());

  server.on("connect", ({ url: target = "", headers }, socket: Socket) => {
    targets.add(target);
    credentials.add(headers["proxy-authorization"]);
    const host = target.replace(/:443$/, "");
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    const inside = new TLSSocket(socket, {
      isServer: true,
      secureContext: createSecureContext(certificates.of(host)),
    });
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.setNoDelay(true);
    sockets.add(socket).add(upstream);
    socket.on("close", () => sockets.delete(socket));
    upstream.on("close", () => sockets.delete(upstream));
    inside.pipe(upstream).pipe(inside);
    // Propagates resets in both directions.
    const destroy = () => void [socket, upstream].map((end) => end.destroy());
    for (const end of [inside, upstream, socket]) end.on("error", destroy);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    /**
     * For `HTTPS_PROXY`. Go's HTTP client supports it:
     * https://pkg.go.dev/net/http#ProxyFromEnvironment
     */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every requested `host:port`, and every Proxy-Authorization header. */
    ...{ targets, credentials },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
