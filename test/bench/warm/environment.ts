// Measures reviews in one execution environment of a function, in a separate process.

import { fork } from "node:child_process";
import { once } from "node:events";

export interface Batch {
  /** Events as JSON; those of `before` are not measured. */
  readonly before: readonly string[];
  readonly events: readonly string[];
  /** By how much the process's clock advances before each event. Default: the real time. */
  readonly pauseMs?: number;
  /** Repetitions of each event. */
  readonly repeat: number;
  /** The expected status, and text that the body must contain. */
  readonly status: number;
  readonly holds: string;
}

/** Microseconds per review. */
export interface Measured {
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
}

export type Environment = Awaited<ReturnType<typeof startEnvironment>>;

/** `entry`: path of a module that exports `handler`. `settings` is its complete environment. */
export async function startEnvironment(entry: string, settings: Readonly<Record<string, string>>) {
  // Discards output: a pipe, as on Lambda, costs it the same but adds work to this process.
  const child = fork(new URL("environment-process.ts", import.meta.url), [entry], {
    env: { ...settings },
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = once(child, "exit").then(([code]): never => {
    throw new Error(`the process of ${entry} exited with ${code}`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, "message"), ended]);
  return {
    pid: child.pid ?? Number.NaN,
    async measure(batch: Batch) {
      child.send(batch);
      const [measured] = (await Promise.race([once(child, "message"), ended])) as [Measured];
      return measured;
    },
    close: () => void child.kill(),
  };
}
