// The loopback HTTP server of the local services: limits bodies, records requests, injects the
// faults and errors of tests.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export type Fault =
  /** Resets the connection without a response. */
  | { readonly kind: "reset" }
  /** Never responds; the client must time out. */
  | { readonly kind: "silent" }
  /** A fixed response: 5xx, throttling, a redirect, or garbage. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** Sends headers and part of the body, then resets the connection. */
  | { readonly kind: "cut"; readonly body: string }
  /** Sends headers and part of the body, then nothing. */
  | { readonly kind: "stall"; readonly body: string }
  /** Sends a body of this many bytes as fast as the client reads it. */
  | { readonly kind: "flood"; readonly bytes: number };

function inflict(fault: Fault, response: ServerResponse): void {
  switch (fault.kind) {
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "silent":
      return;
    case "answer":
      response.writeHead(fault.status, {
        ...fault.headers,
        "content-length": Buffer.byteLength(fault.body),
      });
      response.end(fault.body);
      return;
    case "cut":
    case "stall":
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": fault.body.length + 100,
      });
      response.write(fault.body, () => fault.kind === "cut" && response.socket?.resetAndDestroy());
      return;
    case "flood":
      response.writeHead(200, { "content-type": "application/json" });
      // Fails if the client stops reading.
      pipeline(Readable.from(blanks(fault.bytes)), response).catch(() => undefined);
  }
}

function* blanks(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, " ");
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk;
}

/**
 * Returns the body; `undefined` for a longer one, which is read to its end, so that a client can
 * read the response.
 */
export async function readBody(
  message: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  return size <= maxBytes ? Buffer.concat(chunks) : undefined;
}

export interface LocalRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly target: string;
  /** Names in lower case; repeated headers are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** Alternating names and values, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface LocalResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Returns the fault of a request. `connection`: 1 is the first one since the start. */
type FaultOf = (request: LocalRequest, connection: number) => Fault | undefined;

export interface LocalServer {
  /** For example `http://127.0.0.1:41234`, no trailing slash. */
  readonly url: string;
  /** Every completely read request, oldest first, including those that received a fault. */
  readonly requests: LocalRequest[];
  /** Returns the number of connections that were accepted since the start. */
  connections(): number;
  /**
   * Injects a fault into every request, or into those for which a function returns one; `undefined`
   * stops it.
   */
  fail(fault: Fault | FaultOf | undefined): void;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Listens on 127.0.0.1, and at the same port of `bridge`. The default `port` 0 selects a free port.
 */
export async function startHttpServer(
  answer: (request: LocalRequest) => LocalResponse | Promise<LocalResponse>,
  port = 0,
  bridge?: string,
): Promise<LocalServer> {
  const requests: LocalRequest[] = [];
  let accepted = 0;
  const numbers = new WeakMap<Socket, number>();
  let fault: Fault | FaultOf | undefined;
  const servers: Server[] = [];

  async function listen(at: number, host: string): Promise<number> {
    const server = createServer((incoming, response) => {
      serve(incoming, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
    server.on("connection", (socket) => {
      accepted += 1;
      numbers.set(socket, accepted);
    });
    await once(server.listen(at, host), "listening");
    servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  function close(): Promise<unknown> {
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const server of servers) server.closeAllConnections();
    return Promise.all(closed);
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // Its clients are on this machine, and a test's client may have another time.
    response.sendDate = false;
    const request = await readRequest(incoming);
    requests.push(request);
    const injected =
      typeof fault === "function" ? fault(request, numbers.get(incoming.socket) ?? 0) : fault;
    if (injected !== undefined) return inflict(injected, response);
    const { status, headers, body } = await answer(request);
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  }

  const chosenPort = await listen(port, "127.0.0.1");
  if (bridge !== undefined) {
    await listen(chosenPort, bridge).catch(async (error) => {
      await close();
      throw error;
    });
  }

  return {
    url: `http://127.0.0.1:${chosenPort}`,
    requests,
    connections: () => accepted,
    fail(next) {
      fault = next;
    },
    async close() {
      await close();
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<LocalRequest> {
  const body = await readBody(incoming, MAX_BODY_BYTES);
  if (body === undefined) throw new Error("request body over 1 MiB");
  const { method = "GET", url: target = "/", rawHeaders } = incoming;
  // Only Set-Cookie, which no client sends, would be a list.
  return { method, target, headers: incoming.headers as LocalRequest["headers"], rawHeaders, body };
}

/** Operations throw it, and the service's protocol turns it into a response. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
