// Waits for a permission of the same deployment, which IAM applies with a delay.

import type { Clock } from "../lib/deadline.ts";

const LONGEST_MS = 60_000;
const STEP_MS = 5_000;

/** Repeats denied calls until 60 s after the first one. Calls of one permission share this minute. */
export function awaitPermission(clock: Clock, sleep: (ms: number) => Promise<unknown>) {
  let ends: number | undefined;
  return async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof Error && error.name === "AccessDeniedException")) throw error;
        ends ??= clock() + LONGEST_MS;
        if (clock() >= ends) throw error;
        await sleep(STEP_MS);
      }
    }
  };
}
