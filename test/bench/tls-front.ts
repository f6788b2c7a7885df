// TLS in front of a local service that speaks plain HTTP, so that a cold start pays for its handshakes as in AWS.

import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer } from "node:tls";
import type { Credential } from "../../local/certificates.ts";

export interface TlsFront {
  /** `https://localhost:<port>` */
  readonly url: string;
  close(): void;
}

/**
 * Passes every byte on to the service at `target`, for example `http://127.0.0.1:41234`. `delayMs`: how long each byte is on
 * its way, in either direction; TCP's own handshake is not delayed.
 */
export async function startTlsFront(target: string, { cert, key }: Credential, delayMs = 0): Promise<TlsFront> {
  const { hostname, port } = new URL(target);
  // Without noDelay, head and body of a request wait 40 ms for each other between here and the service.
  const front = createServer({ cert, key, noDelay: true }, (socket) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true });
    socket.pipe(upstream).pipe(socket);
    // A client that is killed in the middle of a connection is what the bench does.
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

/** Passes on what `from` sends, each part `delayMs` after it has come. */
function delay(from: Socket, to: Socket, delayMs: number): void {
  from.on("data", (part) => setTimeout(() => to.write(part), delayMs));
  from.on("end", () => setTimeout(() => to.end(), delayMs));
  from.on("error", () => to.destroy());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
