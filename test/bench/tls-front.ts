// TLS in front of a local service that speaks plain HTTP, so that a cold start pays for its handshakes as in AWS.

import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import type { Credential } from "../../local/certificates.ts";

export interface TlsFront {
  /** `https://localhost:<port>` */
  readonly url: string;
  close(): void;
}

/** Passes every byte on to the service at `target`, for example `http://127.0.0.1:41234`. */
export async function startTlsFront(target: string, { cert, key }: Credential): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  // Without noDelay, head and body of a request wait 40 ms for each other between here and the service.
  const server = createServer({ cert, key, noDelay: true }, (socket) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.pipe(upstream).pipe(socket);
    // A client that is killed in the middle of a connection is what the bench does.
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
