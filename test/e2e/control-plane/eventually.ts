// Waits for what another process does in its own time, up to a deadline.

import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

/** The first value of `check` that is not undefined; an error of it counts as "not yet", and is told at the deadline. */
export async function eventually<T>(
  what: string,
  limitMs: number,
  check: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await check();
      if (value !== undefined) return value;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`not within ${limitMs / 1000} s: ${what}`, { cause });
    await sleep(EVERY_MS);
  }
}
