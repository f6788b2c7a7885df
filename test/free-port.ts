// Free ports that no client gets before they are used, and that another test file rarely gets.

import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { DEFAULT_PORTS } from "../local/ports.ts";
import { sandboxFiles } from "../local/sandbox-files.ts";

/**
 * Below the ports that systems assign, so that a client or server of another test does not get one
 * before it is used.
 */
const [FIRST, COUNT] = [10_000, 20_000];
/** Test files run at the same time. Those with consecutive process ids start this far apart. */
const PER_PROCESS = 97;

let next = process.pid * PER_PROCESS;

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + (next % COUNT);
    next += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${FIRST + COUNT - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  const listening = once(server, "listening");
  const isListening = await listening.then(() => true).catch(() => false);
  if (isListening) await once(server.close(), "close");
  return isListening;
}

/** The sandbox of this folder uses free ports, and the same ones after a restart. */
export async function givePorts(folder: string): Promise<void> {
  const ports = await Promise.all(
    Object.keys(DEFAULT_PORTS).map(async (key) => [key, await freePort()] as const),
  );
  mkdirSync(folder, { recursive: true });
  writeFileSync(sandboxFiles(folder).ports, JSON.stringify(Object.fromEntries(ports)));
}
