// Polls a condition until a deadline.

import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 100;

/** Returns the first value of `check` that is not undefined. Retries after errors; the last one is the cause at the deadline. */
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
    if (Date.now() > deadline) throw new Error(`timed out after ${limitMs / 1000} s: ${what}`, { cause });
    await sleep(EVERY_MS);
  }
}
