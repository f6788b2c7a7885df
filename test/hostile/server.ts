// A server for one run of the command: all services on one port, over TCP or TLS, with one
// behaviour. And server certificates: a valid one, and those that a client must refuse.
// It writes raw bytes, because Node's server refuses to send most of these responses.

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { type Answer, type HostileRequest, operationOf } from "./honest.ts";

/** Replaces the response of one service. `honest` is the correct response. */
export interface Behaviour {
  readonly name: string;
  /** Called on the TCP connection before any byte is read. */
  readonly connect?: (socket: Socket) => void;
  readonly answer?: (socket: Socket, request: HostileRequest, honest: Answer) => void;
  /**
   * Certificate of a TLS server. Without it, connections are plain TCP unless the command requires
   * TLS.
   */
  readonly certificate?: "expired" | "other-name" | "unknown-authority";
  /** Speaks TLS where the client expects plain HTTP, or the other way round. */
  readonly otherProtocol?: true;
  /** Some commands wait or work for seconds. */
  readonly slow?: "waits" | "works";
}

export type HostileServer = Awaited<ReturnType<typeof startHostileServer>>;

/**
 * `target`: which operations misbehave, such as `ssm` or `ssm.PutParameter`. `tls`: plain TCP
 * without it.
 */
export async function startHostileServer(
  behaviour: Behaviour,
  target: string,
  tls: TlsOptions | undefined,
  answerOf: (request: HostileRequest) => Answer | Promise<Answer>,
  port = 0,
) {
  const sockets = new Set<Socket>();
  const connected = Promise.withResolvers<void>();
  let asked = 0;
  const onSocket = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The client may close the connection early.
    socket.on("error", () => {});
    readRequests(socket, async (request) => {
      const isTarget = request.operation === target || request.operation.startsWith(`${target}.`);
      if (isTarget) asked += 1;
      const honest = await answerOf(request);
      if (!isTarget || behaviour.answer === undefined) return send(socket, honest);
      behaviour.answer(socket, request, honest);
    });
  };
  const server: Server =
    tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  server.on("tlsClientError", () => {});
  server.on("connection", (socket: Socket) => {
    connected.resolve();
    sockets.add(socket);
    transports.set(socket.remotePort, socket);
    socket.on("error", () => {});
    if (behaviour.connect !== undefined) behaviour.connect(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    connected: connected.promise,
    /** Number of requests to the target. */
    asked: () => asked,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Resets the TCP connection, also below TLS. */
export function reset(socket: Socket): void {
  transports.get(socket.remotePort)?.resetAndDestroy();
}

const transports = new Map<number | undefined, Socket>();

/** The sequential requests of a kept-alive connection. */
function readRequests(socket: Socket, onRequest: (request: HostileRequest) => Promise<void>): void {
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    for (;;) {
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [first = "", ...lines] = received.slice(0, end).split("\r\n");
      const headers = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const length = Number(headers["content-length"] ?? 0);
      if (received.length < end + 4 + length) return;
      const raw = received.slice(0, end + 4 + length);
      received = received.slice(raw.length);
      const [method = "", path = ""] = first.split(" ");
      const body = raw.slice(end + 4);
      onRequest({
        method,
        path,
        headers,
        body,
        raw,
        operation: operationOf(method, path, headers, body),
      });
    }
  });
}

export function send(socket: Socket, { status, type, body }: Answer, date = new Date()): void {
  socket.write(head({ status, type }, Buffer.byteLength(body), date) + body);
}

/** Without `length`, closing the connection ends the body. */
export function head(
  { status, type }: Pick<Answer, "status" | "type">,
  length?: number,
  at = new Date(),
): string {
  const date = at.toUTCString();
  const size = length === undefined ? "connection: close" : `content-length: ${length}`;
  return `HTTP/1.1 ${status} Status\r\ncontent-type: ${type}\r\ndate: ${date}\r\n${size}\r\n\r\n`;
}

const DAY = 86_400_000;

/** `trusted`: the authorities of all but the last certificate, PEM. */
export function hostileCertificates() {
  const authority = createCertificateAuthority();
  const former = createCertificateAuthority({
    subject: { CN: "Former CA" },
    now: () => Date.now() - 60 * DAY,
  });
  const certificates = {
    usual: authority.server(),
    expired: former.server(),
    "other-name": authority.server("other.example.com"),
    "unknown-authority": createCertificateAuthority({ subject: { CN: "Unknown" } }).server(),
  };
  return { trusted: [authority.ca, former.ca], certificates };
}
