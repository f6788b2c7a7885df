// Local services of a test file: started and closed by hooks.

import { after, afterEach, before, beforeEach } from "node:test";

let previous: Promise<unknown> = Promise.resolve();

/** As `before`, but waits for the calls before it: outside of a suite, Node.js starts all `before` hooks at once. */
export function prepare<Result>(work: () => Result | Promise<Result>): void {
  before(async () => {
    const result = previous.then(work);
    previous = result.catch(() => {});
    await result;
  });
}

type Closable = { close(): Promise<unknown> } | { stop(): Promise<unknown> };

/** For all tests of the file or suite that calls it, or a new one for each. */
export function useServer<Server extends Closable>(
  start: () => Promise<Server>,
  scope: "each" | "all" = "all",
): Server {
  let server: Server;
  const [open, end] = scope === "each" ? [beforeEach, afterEach] : [prepare, after];
  open(async () => {
    server = await start();
  });
  end(() => ("close" in server ? server.close() : server.stop()));
  return new Proxy({} as Server, { get: (_, name) => Reflect.get(server, name) });
}
