// One execution environment of a function in a process of its own, whose reviews are measured.

import { fork } from "node:child_process";
import { once } from "node:events";

export interface Batch {
  /** Events, each in JSON; those of `before` are not measured. */
  readonly before: readonly string[];
  readonly events: readonly string[];
  /** How often each event is measured. */
  readonly repeat: number;
  /** What each answer must be, and what its body must hold. */
  readonly status: number;
  readonly holds: string;
}

/** In microseconds for one review. */
export interface Measured {
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Environment {
  readonly pid: number;
  measure(batch: Batch): Promise<Measured>;
  close(): void;
}

/** `entry`: path of a module that exports `handler`. `settings` are all of its environment. */
export async function startEnvironment(
  entry: string,
  settings: Readonly<Record<string, string>>,
): Promise<Environment> {
  // What it prints goes nowhere: a pipe, as in Lambda, costs it the same and makes work for this process.
  const child = fork(new URL("environment-process.ts", import.meta.url), [entry], {
    env: { ...settings },
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code]): never => {
    throw new Error(`the process of ${entry} ended with ${code}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, "message"), ended]);
  return {
    pid: child.pid ?? Number.NaN,
    async measure(batch) {
      child.send(batch);
      const [measured] = (await Promise.race([once(child, "message"), ended])) as [Measured];
      return measured;
    },
    close: () => child.kill(),
  };
}
