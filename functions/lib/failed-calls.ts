// Caches failures of a service for a moment: while it fails, each further request would wait for it or call it again.

import { type Deadline, type EpochMs, timeLeft } from "./deadline.ts";
import { LruMap } from "./lru-map.ts";

export interface FailureRules<Argument> {
  readonly keyOf: (argument: Argument) => string;
  /** How long the error of a failed call is thrown again. After that, one request at a time calls the service. */
  readonly failedMs: number;
  /** How long a call may take. A failure with less time is not cached, since a request with more time can succeed. */
  readonly fullMs: number;
  /** Whether to cache this error. Default: every error. */
  readonly isLasting?: (error: unknown) => boolean;
}

interface Failure {
  readonly error: unknown;
  /** Compared by age: if the clock steps back, the failure has ended. */
  readonly at: EpochMs;
  isProbed: boolean;
}

const MAX_FAILURES = 1_000;

export function cacheFailures<Argument, Result>(
  { keyOf, failedMs, fullMs, isLasting = () => true }: FailureRules<Argument>,
  call: (argument: Argument, deadline: Deadline) => Promise<Result>,
): (argument: Argument, deadline: Deadline) => Promise<Result> {
  const failures = new LruMap<string, Failure>(MAX_FAILURES);
  return async (argument, deadline) => {
    const { clock } = deadline;
    const key = keyOf(argument);
    const last = failures.get(key);
    if (last !== undefined) {
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
      if (isFull && isLasting(error)) failures.set(key, { error, at: clock(), isProbed: false });
      else failures.delete(key);
      throw error;
    }
  };
}
