// Creates keep-alive agents for STS and Parameter Store, opens a connection before it is needed,
// and sends GET requests, whose responses have a limited size.

import type { Agent as HttpAgent, IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** In the form that clients of the SDK accept as `requestHandler`. */
export interface Agents {
  readonly httpsAgent: HttpsAgent;
  /**
   * Only set for a local endpoint with plain HTTP, since loading `node:http` costs start-up time.
   */
  readonly httpAgent?: HttpAgent;
}

/** Ignores NODE_TLS_REJECT_UNAUTHORIZED: a forged STS could return any identity. */
const OPTIONS = { keepAlive: true, maxSockets: 50, rejectUnauthorized: true };

/**
 * Returns agents without a connection. `plain`: they also support plain HTTP, for a local endpoint.
 */
export function createAgents(plain: boolean): Agents {
  const httpsAgent = new HttpsAgent(OPTIONS);
  return plain
    ? { httpsAgent, httpAgent: new (process.getBuiltinModule("node:http").Agent)(OPTIONS) }
    : { httpsAgent };
}

/**
 * Starts to open a connection to `endpoint`, which serves most requests, so that the first review
 * after a cold start does not wait for the handshake (measured in test/bench/README.md).
 */
export function openAgents(endpoint: URL): Agents {
  const agents = createAgents(endpoint.protocol === "http:");
  openAhead(agents.httpAgent ?? agents.httpsAgent, endpoint);
  return agents;
}

/**
 * Closes idle connections, so that a retry opens a new one. If one connection fails, the others can
 * be dead too: servers close them while Lambda has frozen the environment.
 */
export function discardIdle({ httpsAgent, httpAgent }: Agents): void {
  for (const agent of [httpsAgent, httpAgent]) {
    for (const sockets of Object.values(agent?.freeSockets ?? {})) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }
}

/** Returns the host to connect to. Removes the brackets of an IPv6 address. */
export function connectHost({ hostname }: Server): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Where to connect to. */
type Server = Pick<URL, "protocol" | "hostname" | "port">;

type Connect = HttpAgent["createConnection"];

/**
 * Opens a connection for the agent, which calls `createConnection` for each new connection
 * (https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback). The first call for
 * `endpoint` returns the connection that is already open. If that one has failed, a new one reports
 * the error.
 */
function openAhead(agent: HttpAgent, endpoint: URL): void {
  const host = connectHost(endpoint);
  const port = Number(endpoint.port) || (endpoint.protocol === "http:" ? 80 : 443);
  const connect: Connect = agent.createConnection.bind(agent);
  const options = { ...OPTIONS, host, port, servername: serverName(host) };
  const ahead = connect(options) as Socket;
  const ignore = (): void => {};
  ahead.on("error", ignore);
  ahead.unref();

  agent.createConnection = (wanted, callback): Duplex | null | undefined => {
    if (wanted.host !== host || Number(wanted.port) !== port) return connect(wanted, callback);
    agent.createConnection = connect;
    if (ahead.destroyed) return connect(wanted, callback);
    ahead.off("error", ignore);
    ahead.ref();
    return ahead;
  };
}

/** Returns the server name of TLS: empty for an address (RFC 6066, section 3). */
export function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? "" : host;
}

/**
 * Returns what `read` makes of the response, and closes the connection if `read` fails. Keeps the
 * connection only with an agent. Throws the errors of the connection and of `read`.
 */
export function get<T>(
  server: Server,
  { httpsAgent, httpAgent }: Partial<Agents>,
  asked: Pick<RequestOptions, "path" | "headers" | "signal">,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const isPlain = server.protocol === "http:";
  const host = connectHost(server);
  const options: RequestOptions = {
    ...asked,
    agent: (isPlain ? httpAgent : httpsAgent) ?? false,
    host,
    port: server.port || undefined,
    // Otherwise Node verifies the certificate against the Host header.
    servername: serverName(host),
    // Also without an agent.
    rejectUnauthorized: OPTIONS.rejectUnauthorized,
  };
  // Not imported, since loading `node:http` costs start-up time.
  const request = isPlain ? process.getBuiltinModule("node:http").request : httpsRequest;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const outgoing = request(options, (response) => {
    read(response).then(resolve, (error: unknown) => {
      response.destroy();
      reject(error);
    });
  });
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}

/** Throws `tooLong()` for a body of more than `maxBytes`. */
export async function readText(
  response: IncomingMessage,
  maxBytes: number,
  tooLong: () => Error,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop destroys the response and its connection.
    if (size > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
