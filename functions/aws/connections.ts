// Keep-alive agents for STS and Parameter Store, with a connection that is opened before it is needed.

import type { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

export interface Agents {
  readonly httpsAgent: HttpsAgent;
  /** Only there when a local endpoint speaks plain HTTP; loading `node:http` costs start-up time. */
  readonly httpAgent: HttpAgent | undefined;
}

/** Certificates are verified whatever NODE_TLS_REJECT_UNAUTHORIZED says: a forged STS could name anybody. */
const OPTIONS = { keepAlive: true, maxSockets: 50, rejectUnauthorized: true };

/** Without a connection yet. `plain`: whether a local endpoint may speak plain HTTP. */
export function createAgents(plain: boolean): Agents {
  const httpsAgent = new HttpsAgent(OPTIONS);
  const httpAgent = plain ? new (process.getBuiltinModule("node:http").Agent)(OPTIONS) : undefined;
  return { httpsAgent, httpAgent };
}

/**
 * `endpoint`: where most requests will go. Its connection is opened now, without waiting, so that a cold start does not
 * pay for the handshake in its first review (docs/performance.md has what that is worth).
 */
export function openAgents(endpoint: URL): Agents {
  const agents = createAgents(endpoint.protocol === "http:");
  openAhead(agents.httpAgent ?? agents.httpsAgent, endpoint);
  return agents;
}

/** As the SDK's clients take them. */
export function requestHandler({ httpsAgent, httpAgent }: Agents): { httpsAgent: HttpsAgent; httpAgent?: HttpAgent } {
  return httpAgent === undefined ? { httpsAgent } : { httpsAgent, httpAgent };
}

/**
 * Closes the connections that wait for a next request. Where one has failed, the others may be as dead: Lambda froze the
 * environment, and they all ended meanwhile. A second try then takes a new one.
 */
export function discardIdle({ httpsAgent, httpAgent }: Agents): void {
  for (const agent of [httpsAgent, httpAgent]) {
    for (const sockets of Object.values(agent?.freeSockets ?? {})) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }
}

/** The host to connect to: an IPv6 address without its brackets. */
export function connectHost({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

type Connect = HttpAgent["createConnection"];

/**
 * The agent asks `createConnection` for each new connection
 * (https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback); the first time it is for `endpoint`, it gets
 * the one that is open already. One that failed meanwhile is dropped, and a new one shows the error.
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

/** TLS has no server name for an address (RFC 6066, section 3). */
export function serverName(host: string): string {
  return /^[\d.]+$|:/.test(host) ? "" : host;
}
