// A local API Gateway: an HTTP or HTTPS server with its TLS rules, which turns requests into events
// of an HTTP API and returns the handler's result.

import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type Answer, message, REFUSALS, send } from "./answer.ts";
import { type Handler, httpApiAnswer, httpApiEvent, invoke, THROTTLING } from "./events.ts";
import { readRequest } from "./request.ts";

interface GatewayTls {
  /** The server's certificate and key, PEM. */
  readonly cert: string;
  readonly key: string;
  /** The truststore: authorities that may issue client certificates, PEM. */
  readonly ca?: string;
  readonly requireClientCertificate?: boolean;
}

/** Above the gateway's limit, so that the gateway sends the error. */
const MAX_HEADER_SIZE = 64 * 1024;

/** Creates the server. Without `tls`, it has plain HTTP. */
function createListener(tls: GatewayTls | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createServer({ maxHeaderSize: MAX_HEADER_SIZE }, listener);
  const { requireClientCertificate = false, ...credentials } = tls;
  const server = createTlsServer(
    {
      ...credentials,
      maxHeaderSize: MAX_HEADER_SIZE,
      requestCert: requireClientCertificate,
      // API Gateway completes the handshake with an untrusted certificate, then returns 403.
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
    },
    (incoming, response) => {
      // Node may still parse a request that arrived with the end of the handshake.
      if (!requireClientCertificate || !isAnonymous(incoming.socket)) listener(incoming, response);
    },
  );
  // As API Gateway does, closes the connection of a client without a certificate.
  if (requireClientCertificate)
    server.on("secureConnection", (socket) => isAnonymous(socket) && socket.destroy());
  return server;
}

function isAnonymous(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) || socket.getPeerX509Certificate() === undefined;
}

/** The fields of every event that the gateway's users read. */
export interface GatewayEvent {
  readonly version?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded: boolean;
}

const DEFAULT_ROUTE = "$default";

/**
 * Returns the key of the matching route. `routes`: keys such as `POST /authenticate`; `$default`
 * matches the rest.
 */
function findRoute(routes: readonly string[], method: string, path: string): string | undefined {
  const key = `${method} ${path}`;
  if (routes.includes(key)) return key;
  return routes.includes(DEFAULT_ROUTE) ? DEFAULT_ROUTE : undefined;
}

export interface GatewayOptions extends Handler {
  /** Default: `POST /authenticate` and `$default`. */
  readonly routes?: readonly string[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly tls?: GatewayTls;
  /**
   * Redirects what the function cannot answer, as the stack's parameter mapping does with
   * `failoverUrl`.
   */
  readonly failoverUrl?: string | undefined;
  /** The function's timeout; default 8 s. */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

export interface Gateway {
  /** The invoke URL, without a trailing slash. */
  readonly url: string;
  /** Every event sent to the function, oldest first. */
  readonly events: GatewayEvent[];
  /** Errors that the function threw, oldest first; clients never see them. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

const FAILURE = message(500, "Internal Server Error");
/** AWS does not document the status for a throttled function. */
const THROTTLED = message(503, "Service Unavailable");

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const {
    tls,
    failoverUrl,
    host = "127.0.0.1",
    port = 0,
    timeoutMs = 8000,
    now = Date.now,
  } = options;
  const { routes = ["POST /authenticate", DEFAULT_ROUTE] } = options;
  const events: Gateway["events"] = [];
  const errors: unknown[] = [];

  async function answer(incoming: IncomingMessage): Promise<Answer> {
    const request = await readRequest(incoming, now());
    if (typeof request === "string") return REFUSALS[request];
    const routeKey = findRoute(routes, request.method, request.path);
    if (routeKey === undefined) return message(404, "Not Found");

    const event = httpApiEvent(request, routeKey);
    events.push(event);
    const outcome = await invoke(event, { handler: options.handler, timeoutMs, now });
    if ("error" in outcome) {
      errors.push(outcome.error);
      return outcome.error instanceof Error && outcome.error.name === THROTTLING
        ? THROTTLED
        : FAILURE;
    }
    return httpApiAnswer(outcome.result) ?? FAILURE;
  }

  const server = createListener(tls, (incoming, response) => {
    answer(incoming).then(
      (result) => send(mapped(result, failoverUrl), response),
      // The client disconnected before it sent the complete request.
      () => response.destroy(),
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;

  return {
    url: `${tls === undefined ? "http" : "https"}://${host}:${address.port}`,
    events,
    errors,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Returns what the stack makes of a response: infra/endpoint/http-endpoint.ts has the reasons. */
function mapped(answer: Answer, failoverUrl: string | undefined): Answer {
  if (![502, 503, 504].includes(answer.status)) return answer;
  if (failoverUrl === undefined) return { ...answer, status: 500 };
  return { ...answer, status: 307, headers: [...answer.headers, ["location", failoverUrl]] };
}
