// A TCP server that records each request as bytes, and responds with bytes.

import { type AddressInfo, createServer, type Socket } from "node:net";
import { after } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import type { Credential } from "../../../local/certificates.ts";

export type RawServer = Awaited<ReturnType<typeof startRawServer>>;

export const OK = response(200, "{}");

export function response(status: number, body: string, headers = ""): string {
  return `HTTP/1.1 ${status} Reason\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * Listens on 127.0.0.1 until the test that calls it ends, with TLS if there is a `credential`. `answer` can also write to the
 * socket and return nothing. `requests` are without their bodies, each with its empty line; `sockets` the accepted
 * connections, oldest first, for TLS those with a completed handshake.
 */
export async function startRawServer(
  answer: (request: string, socket: Socket) => string | undefined = () => OK,
  credential?: Credential,
) {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const serve = (socket: Socket): void => {
    sockets.push(socket.unref());
    let received = "";
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (!received.endsWith("\r\n\r\n")) return;
      const request = received;
      received = "";
      requests.push(request);
      const bytes = answer(request, socket);
      if (bytes !== undefined) socket.write(bytes, "latin1");
    });
  };
  const server = credential === undefined ? createServer(serve) : createTlsServer({ ...credential }, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  after(close);
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, requests, sockets, close };
}
