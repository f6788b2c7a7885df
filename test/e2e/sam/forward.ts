// Forwards connections of containers to a service on this machine's loopback.

import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export interface Forward {
  readonly port: number;
  close(): void;
}

export async function forward(host: string, target: string): Promise<Forward> {
  const { port } = new URL(target);
  const server = createServer((client) => {
    const service = connect(Number(port), "127.0.0.1");
    const end = () => {
      client.destroy();
      service.destroy();
    };
    client.on("error", end).on("close", end);
    service.on("error", end).on("close", end);
    client.pipe(service).pipe(client);
  });
  server.listen(0, host);
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
