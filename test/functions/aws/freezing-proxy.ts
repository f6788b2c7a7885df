// A TCP proxy whose connections can all die at once, as if Lambda had frozen and thawed the environment.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type FreezingProxy = Awaited<ReturnType<typeof startFreezingProxy>>;

export async function startFreezingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Map<Socket, { death?: "reset" | "silent" }>();
  let connections = 0;
  let swallowed = 0;

  const server = createServer((client) => {
    connections += 1;
    const state: { death?: "reset" | "silent" } = {};
    open.set(client.unref(), state);
    const service = connect(Number(port), hostname).unref();
    client.on("close", () => {
      open.delete(client);
      service.destroy();
    });
    client.on("error", () => {});
    service.on("error", () => client.destroy());
    client.on("data", (chunk) => {
      if (state.death === undefined) service.write(chunk);
      if (state.death === "silent") swallowed += 1;
      if (state.death === "reset") client.resetAndDestroy();
    });
    service.on("data", (chunk) => client.write(chunk));
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Connections since the start. */
    connections: () => connections,
    /** Number of requests that were met with silence. */
    swallowed: () => swallowed,
    /** Data on every open connection is answered with a reset, or not at all. New connections work. */
    freeze(death: "reset" | "silent") {
      for (const state of open.values()) state.death = death;
    },
    close() {
      server.close();
      for (const client of open.keys()) client.destroy();
    },
  };
}
