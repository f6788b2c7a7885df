// Runs a server process that logs to a file and stops with this process.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";

export type ServerProcess = ReturnType<typeof startServer>;

const STOP_MS = 10_000;

const running = new Set<ChildProcess>();
// Stops servers at any end of the tests; the test runner sends SIGTERM to a file that times out.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** `environment` is its complete environment. `cwd`: default this process's. */
export function startServer(
  command: string,
  args: readonly string[],
  logFile: string,
  environment: NodeJS.ProcessEnv = {},
  cwd?: string,
) {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { cwd, env: { ...environment }, stdio: ["ignore", log, log] });
  closeSync(log);
  running.add(child);
  const ended = once(child, "exit").finally(() => running.delete(child));
  // if the command cannot start; requireRunning reports it
  ended.catch(() => undefined);

  return {
    /** `undefined` if it could not start. */
    pid: child.pid,
    /** The log so far. */
    log: () => readFileSync(logFile, "utf8"),
    /** Throws if it is no longer running. */
    requireRunning() {
      if (running.has(child)) return;
      throw new Error(`${command} exited. End of its log:\n${readFileSync(logFile, "utf8").slice(-2000)}`);
    },
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
