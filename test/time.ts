// Time that only the test moves, beside real connections: their own timers are Node's inner ones and go on.

import { mock } from "node:test";
import { type Deadline, deadlineIn } from "../functions/lib/deadline.ts";

export interface MockedTime {
  within(ms: number): Deadline;
  /** Timers that are due fire in here. `onTheClock`: where the clock moves less or more than the timers. */
  pass(ms: number, onTheClock?: number): void;
}

/** Until `mock.timers.reset()`. */
export function mockTime(): MockedTime {
  mock.timers.enable({ apis: ["setTimeout"] });
  let now = 1_000_000;
  const clock = () => now;
  return {
    within: (ms) => deadlineIn(ms, clock),
    pass(ms, onTheClock = ms) {
      now += onTheClock;
      mock.timers.tick(ms);
    },
  };
}

const PATIENCE_MS = 10_000;

/** Lets everything happen that is under way, until `done` says so. */
export async function until(done: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`not so within ${PATIENCE_MS} ms: ${done}`);
    await new Promise(setImmediate);
  }
}

/** Lets a wait pass each time that one more request has come: the first wait after the first request, and so on. */
export async function passEach(
  requests: () => number,
  pass: (ms: number) => void,
  ...waits: readonly number[]
): Promise<void> {
  for (const [index, ms] of waits.entries()) {
    await until(() => requests() === index + 1);
    pass(ms);
  }
}
