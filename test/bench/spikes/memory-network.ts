// An in-memory network for HTTP clients and servers of this process, without system sockets.

import { Agent, Server } from "node:http";
import { type Duplex, duplexPair } from "node:stream";

/** Socket methods that HTTP needs in addition to a stream's. */
const SOCKET_METHODS = { setTimeout: chain, setNoDelay: chain, setKeepAlive: chain, ref: chain, unref: chain };

function chain<T>(this: T): T {
  return this;
}

const FIRST_PORT = 50_000;

/**
 * Replaces `listen`, `address` and `close` of HTTP servers, and the connections of agents, in this process. Node's HTTP
 * parsers and agents stay in use.
 */
export function useMemoryNetwork(): void {
  const servers = new Map<number, Server>();
  let lastPort = FIRST_PORT;
  const ports = new WeakMap<Server, number>();

  function connect({ port }: { port?: number | string | null }): Duplex {
    const [client, accepted] = duplexPair();
    Object.assign(client, SOCKET_METHODS);
    const resetAndDestroy = (): void => {
      client.destroy(Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
      accepted.destroy();
    };
    Object.assign(accepted, SOCKET_METHODS, { resetAndDestroy });
    // Unlike sockets, one end of a pair does not notice when the other is destroyed.
    client.on("close", () => accepted.destroy());
    accepted.on("close", () => client.destroy());
    const server = servers.get(Number(port));
    if (server === undefined) {
      process.nextTick(() => client.destroy(refused(port)));
      return client;
    }
    server.emit("connection", accepted);
    process.nextTick(() => client.emit("connect"));
    return client;
  }

  Agent.prototype.createConnection = connect as typeof Agent.prototype.createConnection;
  Object.assign(Server.prototype, {
    listen(this: Server, _port: number, _host: string, listening: () => void) {
      lastPort += 1;
      const port = lastPort;
      servers.set(port, this);
      ports.set(this, port);
      // Disables timeouts of idle connections.
      this.keepAliveTimeout = 0;
      process.nextTick(listening);
      return this;
    },
    address(this: Server) {
      return { address: "127.0.0.1", family: "IPv4", port: ports.get(this) };
    },
    close(this: Server, closed?: () => void) {
      servers.delete(ports.get(this) ?? 0);
      process.nextTick(() => closed?.());
      return this;
    },
  });
}

function refused(port: unknown): Error {
  return Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: "ECONNREFUSED" });
}
