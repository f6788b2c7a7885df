// An in-memory network for HTTP clients and servers of this process, without system sockets.

import { Agent, Server } from "node:http";
import { type Duplex, duplexPair } from "node:stream";

/** Socket methods that HTTP needs in addition to a stream's. */
const SOCKET_METHODS = { setTimeout: chain, setNoDelay: chain, setKeepAlive: chain, ref: chain, unref: chain };

function chain<T>(this: T): T {
  return this;
}

/**
 * Replaces `listen`, `address` and `close` of HTTP servers, and the connections of agents, in this process. Node's HTTP
 * parsers and agents stay in use.
 */
export function useMemoryNetwork(): void {
  /** By port. */
  const servers: Server[] = [];

  function connect({ port }: { port?: number | string | null }): Duplex {
    const [client, accepted] = duplexPair();
    Object.assign(client, SOCKET_METHODS);
    Object.assign(accepted, SOCKET_METHODS);
    // Unlike sockets, one end of a pair does not notice when the other is destroyed.
    client.on("close", () => accepted.destroy());
    accepted.on("close", () => client.destroy());
    servers[Number(port) - 1]?.emit("connection", accepted);
    process.nextTick(() => client.emit("connect"));
    return client;
  }

  Agent.prototype.createConnection = connect as typeof Agent.prototype.createConnection;
  Object.assign(Server.prototype, {
    listen(this: Server, _port: number, _host: string, listening: () => void) {
      servers.push(this);
      // Disables timeouts of idle connections.
      this.keepAliveTimeout = 0;
      process.nextTick(listening);
      return this;
    },
    address(this: Server) {
      return { address: "127.0.0.1", family: "IPv4", port: servers.indexOf(this) + 1 };
    },
    close(this: Server, closed?: () => void) {
      process.nextTick(() => closed?.());
      return this;
    },
  });
}
