// Shares one call among concurrent requests for the same key, and its failure for a moment: while a service fails, each further
// request would wait for it or call it again.

import { type Deadline, type EpochMs, timeLeft } from "./deadline.ts";
import { LruMap } from "./lru-map.ts";
import { beforeDeadline } from "./retry.ts";

type Call<A, T> = (argument: A, deadline: Deadline) => Promise<T>;

/**
 * A request joins a running call of the same key and waits until its own deadline at most. If the call fails, the requests
 * that joined share one more call, since the first one ran under another request's deadline.
 */
export function singleFlight<A, T>(call: Call<A, T>, keyOf: (argument: A) => string): Call<A, T> {
  const running = new Map<string, Promise<T>>();

  function start(key: string, argument: A, deadline: Deadline): Promise<T> {
    const started = call(argument, deadline).finally(() => running.delete(key));
    // If every waiting request has timed out, a later failure must not end the process as an unhandled rejection.
    started.catch(() => {});
    running.set(key, started);
    return started;
  }

  return async (argument, deadline) => {
    const key = keyOf(argument);
    const shared = running.get(key);
    if (shared === undefined) return start(key, argument, deadline);
    try {
      return await beforeDeadline(deadline, shared);
    } catch (error) {
      if (timeLeft(deadline, 1) === 0) throw error;
      return beforeDeadline(deadline, running.get(key) ?? start(key, argument, deadline));
    }
  };
}

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
