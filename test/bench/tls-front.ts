// Adds TLS to a local service with plain HTTP, so that cold starts include handshakes as on AWS.

import { type AddressInfo, connect } from "node:net";
import { createServer } from "node:tls";
import type { Credential } from "../../local/certificates.ts";

/** Forwards `https://localhost:<port>` to the service at `target`, for example `http://127.0.0.1:41234`. */
export async function startTlsFront(target: string, { cert, key }: Credential) {
  const { hostname, port } = new URL(target);
  // Without noDelay, the body of a request arrives 40 ms after its head.
  const front = createServer({ cert, key, noDelay: true }, (socket) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.pipe(upstream).pipe(socket);
    // Ignores errors: the benchmark kills clients during connections.
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  return { url: `https://localhost:${(front.address() as AddressInfo).port}`, close: () => front.close() };
}
