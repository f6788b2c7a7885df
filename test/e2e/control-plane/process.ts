// A foreign server process: its log in a file, its end with ours.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";

export interface ServerProcess {
  /** `undefined` where it could not be started. */
  readonly pid: number | undefined;
  /** What it has logged so far. */
  log(): string;
  /** Throws when it runs no more. */
  requireRunning(): void;
  stop(): Promise<void>;
}

const STOP_MS = 10_000;

const running = new Set<ChildProcess>();
// No server outlives the tests, however they end: the test runner stops a file that takes too long by SIGTERM.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** `environment` is all that it gets. */
export function startServer(
  command: string,
  args: readonly string[],
  logFile: string,
  environment: Readonly<Record<string, string>> = {},
): ServerProcess {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { env: { ...environment }, stdio: ["ignore", log, log] });
  closeSync(log);
  running.add(child);
  const ended = once(child, "exit").finally(() => running.delete(child));
  // a command that cannot be started; requireRunning tells it
  ended.catch(() => undefined);

  return {
    pid: child.pid,
    log: () => readFileSync(logFile, "utf8"),
    requireRunning() {
      if (running.has(child)) return;
      throw new Error(`${command} has ended; its last words:\n${readFileSync(logFile, "utf8").slice(-2000)}`);
    },
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
