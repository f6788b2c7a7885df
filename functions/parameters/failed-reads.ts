// Caches a failed read of Parameter Store for a second: while it throttles, each further request would cost four calls.

import { type Deadline, type EpochMs, timeLeft } from "../lib/deadline.ts";

const FAILED_MS = 1_000;
/** As long as a read of Parameter Store may take. */
const FULL_MS = 2_000;

/**
 * Throws the error of a failed read of the same names again for a second. A read with less than its full time, such as one
 * ahead of the first request, is not cached, since a request with more time can succeed.
 */
export function cacheFailures<Names extends string | readonly string[], Result>(
  read: (names: Names, deadline: Deadline) => Promise<Result>,
): (names: Names, deadline: Deadline) => Promise<Result> {
  const failures = new Map<string, { readonly error: unknown; readonly until: EpochMs }>();
  return async (names, deadline) => {
    const { clock } = deadline;
    const key = String(names);
    const failure = failures.get(key);
    if (failure !== undefined && clock() < failure.until) throw failure.error;
    const isFull = timeLeft(deadline, FULL_MS) === FULL_MS;
    try {
      return await read(names, deadline);
    } catch (error) {
      for (const [old, { until }] of failures) if (until <= clock()) failures.delete(old);
      if (isFull) failures.set(key, { error, until: clock() + FAILED_MS });
      throw error;
    }
  };
}
