// The loopback HTTP server of the local services: limits bodies, records requests, injects faults.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Fault, inflict } from "./faults.ts";
import { readBody } from "./read-body.ts";

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

/** `connection`: 1 is the first one since the start. */
type FaultOf = (request: LocalRequest, connection: number) => Fault | undefined;

export interface LocalServer {
  /** For example `http://127.0.0.1:41234`, no trailing slash. */
  readonly url: string;
  /** Every completely read request, oldest first, including those that received a fault. */
  readonly requests: LocalRequest[];
  /** Connections accepted since the start. */
  connections(): number;
  /** Injects a fault into every request, or into those for which a function returns one; `undefined` stops it. */
  fail(fault: Fault | FaultOf | undefined): void;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Listens on 127.0.0.1; the default `port` 0 selects a free port. */
export async function startHttpServer(
  answer: (request: LocalRequest) => LocalResponse | Promise<LocalResponse>,
  port = 0,
): Promise<LocalServer> {
  const requests: LocalRequest[] = [];
  let accepted = 0;
  const numbers = new WeakMap<Socket, number>();
  let fault: Fault | FaultOf | undefined;

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

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // Its clients are on this machine, and a test's client may have another time.
    response.sendDate = false;
    const request = await readRequest(incoming);
    requests.push(request);
    const met = typeof fault === "function" ? fault(request, numbers.get(incoming.socket) ?? 0) : fault;
    if (met !== undefined) return inflict(met, response);
    const { status, headers, body } = await answer(request);
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Containers, such as those of sam local on Linux, need LOCAL_HOST=0.0.0.0.
    server.listen(port, process.env["LOCAL_HOST"] ?? "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    connections: () => accepted,
    fail(next) {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<LocalRequest> {
  const body = await readBody(incoming, MAX_BODY_BYTES);
  if (body === undefined) throw new Error("request body over 1 MiB");
  const { method = "GET", url: target = "/", rawHeaders } = incoming;
  // Only Set-Cookie, which no client sends, would be a list.
  return { method, target, headers: incoming.headers as LocalRequest["headers"], rawHeaders, body };
}
