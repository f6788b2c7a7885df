// Caches failures of a service for a moment: while it fails, each further request would wait for it or call it again.

import { type Deadline, type EpochMs, timeLeft } from "./deadline.ts";
import { LruMap } from "./lru-map.ts";

const MAX_FAILURES = 1_000;

/**
 * Throws the error of a failed call again for `failedMs`. After that, one request at a time calls the service. A call with
 * less than `fullMs` until its deadline is not cached, since a request with more time can succeed.
 */
export function cacheFailures<Argument, Result>(
  call: (argument: Argument, deadline: Deadline) => Promise<Result>,
  failedMs: number,
  fullMs: number,
  keyOf: (argument: Argument) => string = String,
): typeof call {
  const failures = new LruMap<string, { error: unknown; at: EpochMs; isProbed: boolean }>(MAX_FAILURES);
  return async (argument, deadline) => {
    const { clock } = deadline;
    const key = keyOf(argument);
    const last = failures.get(key);
    if (last !== undefined) {
      // By age: if the clock steps back, the failure has ended.
      const age = clock() - last.at;
      if (last.isProbed || (age >= 0 && age < failedMs)) throw last.error;
      last.isProbed = true;
    }
    const isFull = timeLeft(deadline, fullMs) === fullMs;
    try {
      const result = await call(argument, deadline);
      failures.delete(key);
      return result;
    } catch (error) {
      if (isFull) failures.set(key, { error, at: clock(), isProbed: false });
      else failures.delete(key);
      throw error;
    }
  };
}
