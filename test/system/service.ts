// A local service that can stop and start again at the same address.

import type { LocalServer } from "../../local/http-server.ts";

export async function startService<S extends LocalServer>(start: (port: number) => Promise<S>) {
  let server = await onSteadyPort(start);
  const { url } = server;
  let earlierCalls = 0;
  return {
    url,
    /** The current or last server. */
    server: () => server,
    /** Requests over all runs. */
    calls: () => earlierCalls + server.requests.length,
    fail: ((fault) => server.fail(fault)) as LocalServer["fail"],
    /** Refuses connections from now. */
    down: () => server.close(),
    async up() {
      earlierCalls += server.requests.length;
      server = await start(Number(new URL(url).port));
    },
  };
}

/**
 * Below the ports that systems assign automatically (32768 and up on Linux, 49152 on macOS), so that no other program
 * gets it while the service is stopped.
 */
const PORTS = { first: 20_000, count: 12_000 };
let lastPort = (process.pid * 100) % PORTS.count;

async function onSteadyPort<S>(start: (port: number) => Promise<S>): Promise<S> {
  for (let tries = 1; ; tries += 1) {
    lastPort = (lastPort + 1) % PORTS.count;
    try {
      return await start(PORTS.first + lastPort);
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || tries === PORTS.count) throw error;
    }
  }
}
