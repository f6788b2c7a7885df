// Counts the instructions of a program with valgrind, which other work on the machine does not
// change.

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How much longer a program takes in valgrind, about. */
export const SLOWDOWN = 50;

/** Time passes `SLOWDOWN` times slower for the program: otherwise its requests would time out. */
const SLOW_CLOCK = `
const [now, started, later] = [Date.now, Date.now(), setTimeout];
Date.now = () => started + (now() - started) / ${SLOWDOWN};
globalThis.setTimeout = (run, ms = 0, ...args) => later(run, ms * ${SLOWDOWN}, ...args);
`;

export function hasValgrind(): boolean {
  return spawnSync("valgrind", ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Of all threads. `run` runs the command that it gets, which is Node.js with `words`, until it
 * ends.
 */
export async function countInstructions(
  words: readonly string[],
  run: (command: readonly string[]) => Promise<void>,
): Promise<number> {
  const log = join(tmpdir(), `valgrind-${process.pid}.log`);
  const options = [
    "--tool=cachegrind",
    "--cache-sim=no",
    "--cachegrind-out-file=/dev/null",
    `--log-file=${log}`,
  ];
  const clock = `data:text/javascript,${encodeURIComponent(SLOW_CLOCK)}`;
  await run(["valgrind", ...options, process.execPath, "--import", clock, ...words]);
  const output = readFileSync(log, "utf8");
  rmSync(log);
  const [, count] = /I\s+refs:\s+([\d,]+)/.exec(output) ?? [];
  if (count === undefined) throw new Error(`valgrind printed no count:\n${output}`);
  return Number(count.replaceAll(",", ""));
}
