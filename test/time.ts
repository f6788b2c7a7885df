// Mocked time for tests with real connections, whose internal timers in Node keep running.

import { mock } from "node:test";
import { deadlineIn } from "../functions/lib/deadline.ts";

/** Applies until `mock.timers.reset()`. */
export function mockTime() {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 1_000_000;
  const clock = () => now;
  return {
    clock,
    within: (ms: number) => deadlineIn(ms, clock),
    /**
     * Runs due timers. `onTheClock`: the change of the clock, if it differs from that of the
     * timers.
     */
    pass(ms: number, onTheClock = ms) {
      now += onTheClock;
      mock.timers.tick(ms);
    },
  };
}

const PATIENCE_MS = 10_000;

/** Waits for pending work until `done` returns true. */
export async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`not true within ${PATIENCE_MS} ms: ${done}`);
    await new Promise(setImmediate);
  }
}

/** Advances time by one wait after each request. */
export async function passEach(
  requests: () => number,
  pass: (ms: number) => void,
  ...waits: number[]
): Promise<void> {
  for (const [index, ms] of waits.entries()) {
    await until(() => requests() === index + 1);
    await pass(ms);
  }
}
