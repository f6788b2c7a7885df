// Runs Go without the list of what it downloads, and prints a line each minute. As a program, it
// runs Go with its arguments after the first one: for callers that wait for it without an event
// loop.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

interface Running {
  readonly stderr: Readable;
  /** Resolves to the exit code. */
  readonly ended: Promise<number>;
}

interface Surroundings {
  /** Prints one line. */
  readonly print: (line: string) => void;
  /** Calls `tick` each minute, until the returned function is called. */
  readonly eachMinute: (tick: () => void) => () => void;
}

/** Of `go mod download` and `go build`: hundreds of lines, which say nothing about the progress. */
const DOWNLOAD = /^go: (downloading|extracting|finding|added|upgraded) /;

/**
 * Prints what Go prints, without its downloads, and `still <what>: <n> min` each minute. Returns the
 * exit code.
 */
export async function runQuietly(
  { stderr, ended }: Running,
  what: string,
  { print, eachMinute }: Surroundings,
): Promise<number> {
  let minutes = 0;
  const stop = eachMinute(() => {
    minutes += 1;
    print(`still ${what}: ${minutes} min`);
  });
  try {
    for await (const line of createInterface({ input: stderr }))
      if (!DOWNLOAD.test(line)) print(line);
    return await ended;
  } finally {
    stop();
  }
}

const MINUTE_MS = 60_000;

async function main(what: string, args: readonly string[]): Promise<number> {
  const child = spawn("go", args, { stdio: ["ignore", "inherit", "pipe"] });
  // Of the caller's time limit. Ctrl-C reaches Go itself.
  process.once("SIGTERM", () => child.kill());
  const ended = once(child, "close").then(([code]) => Number(code ?? 1));
  return runQuietly({ stderr: child.stderr, ended }, what, {
    print: (line) => console.error(line),
    eachMinute(tick) {
      const timer = setInterval(tick, MINUTE_MS);
      return () => clearInterval(timer);
    },
  });
}

if (import.meta.main) {
  const [, , what = "", ...args] = process.argv;
  process.exitCode = await main(what, args);
}
