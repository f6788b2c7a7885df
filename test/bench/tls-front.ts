// Adds TLS to a local service with plain HTTP, so that cold starts include handshakes as on AWS.

import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer } from "node:tls";
import type { Credential } from "../../local/certificates.ts";

/**
 * Forwards `https://localhost:<port>` to the service at `target`, for example `http://127.0.0.1:41234`. `delayMs`: one-way latency in each direction,
 * except for TCP's handshake.
 */
export async function startTlsFront(target: string, { cert, key }: Credential, delayMs = 0) {
  const { hostname, port } = new URL(target);
  // Without noDelay, the body of a request arrives 40 ms after its head.
  const front = createServer({ cert, key, noDelay: true }, (socket) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.pipe(upstream).pipe(socket);
    // Ignores errors: the benchmark kills clients during connections.
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
  });
  const frontPort = await listen(front);
  if (delayMs === 0) return { url: `https://localhost:${frontPort}`, close: () => front.close() };
  const distance = createTcpServer({ noDelay: true }, (near) => {
    const far = connect({ port: frontPort, host: "127.0.0.1", noDelay: true });
    delay(near, far, delayMs);
    delay(far, near, delayMs);
  });
  const distancePort = await listen(distance);
  return {
    url: `https://localhost:${distancePort}`,
    close: () => {
      distance.close();
      front.close();
    },
  };
}

/** Forwards each chunk of `from` after `delayMs`. */
function delay(from: Socket, to: Socket, delayMs: number): void {
  from.on("data", (part) => setTimeout(() => to.write(part), delayMs));
  from.on("end", () => setTimeout(() => to.end(), delayMs));
  from.on("error", () => to.destroy());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
