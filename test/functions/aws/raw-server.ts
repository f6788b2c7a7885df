// A TCP server that records each request as bytes, and responds with bytes.

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Credential } from "../../../local/certificates.ts";

export interface RawServer {
  readonly port: number;
  /** Requests without their bodies, each with its empty line. */
  readonly requests: string[];
  /** Accepted connections, oldest first. For TLS, those with a completed handshake. */
  readonly sockets: Socket[];
  close(): void;
}

export const OK = response(200, "{}");

export function response(status: number, body: string, headers = ""): string {
  return `HTTP/1.1 ${status} Reason\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Listens on 127.0.0.1, with TLS if there is a `credential`. `answer` can also write to the socket and return nothing. */
export async function startRawServer(
  answer: (request: string, socket: Socket) => string | undefined = () => OK,
  credential?: Credential,
): Promise<RawServer> {
  const requests: string[] = [];
  const sockets: Socket[] = [];
  const serve = (socket: Socket | TLSSocket): void => {
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
  const server: Server = credential === undefined ? createServer(serve) : createTlsServer({ ...credential }, serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Lets a test end that fails before it closes the server
  server.unref();
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    sockets,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
