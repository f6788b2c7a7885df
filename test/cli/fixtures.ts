// Local services and temporary folders of a test file: started and created by hooks, and removed at
// its end.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach } from "node:test";

let previous: Promise<unknown> = Promise.resolve();

/**
 * As `before`, but waits for the calls before it: outside of a suite, Node.js starts all `before`
 * hooks at once.
 */
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

const FOLDERS: string[] = [];
process.once("exit", () => {
  for (const folder of FOLDERS) rmSync(folder, { recursive: true });
});

/** Deleted when the process ends. Also a home folder, if a test gives its path as HOME. */
export function useFolder() {
  const path = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  FOLDERS.push(path);
  function write(name: string, text: string | Buffer, mode = 0o644): string {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }
  return {
    path,
    write,
    /** Writes the configuration file of the command. Returns its path. */
    configure: (config: object | string) =>
      write(
        ".config/iam-authenticator/config.yaml",
        typeof config === "string" ? config : JSON.stringify(config),
      ),
  };
}
