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

/** For all tests of the file that calls it, or a new one for each. */
export function useServer<Server extends { close(): Promise<unknown> }>(
  start: () => Promise<Server>,
  scope: "each" | "all" = "all",
): Server {
  let server: Server;
  const [open, end] = scope === "each" ? [beforeEach, afterEach] : [prepare, after];
  open(async () => {
    server = await start();
  });
  end(() => server.close());
  return new Proxy({} as Server, { get: (_, name) => Reflect.get(server, name) });
}
