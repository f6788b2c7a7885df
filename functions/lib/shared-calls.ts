// Shares one call among concurrent requests for the same key.

import { type Deadline, timeLeft } from "./deadline.ts";
import { beforeDeadline, TimedOut } from "./retry.ts";

type Call<A, T> = (argument: A, deadline: Deadline) => Promise<T>;

/**
 * Returns a function that joins a running call of the same key and waits for it until its own
 * deadline at most. If the call fails, the requests that joined share one more call, since the
 * first one ran under another request's deadline. `late` makes the error of a request that has
 * waited until its deadline. Default: `TimedOut`.
 */
export function singleFlight<A, T>(
  call: Call<A, T>,
  keyOf: (argument: A) => string,
  late: (timedOut: TimedOut, argument: A) => Error = (timedOut) => timedOut,
): Call<A, T> {
  const running = new Map<string, Promise<T>>();

  function start(key: string, argument: A, deadline: Deadline): Promise<T> {
    const started = call(argument, deadline).finally(() => running.delete(key));
    // If every waiting request has timed out, a later failure must not end the process as an
    // unhandled rejection.
    started.catch(() => {});
    running.set(key, started);
    return started;
  }

  async function join(shared: Promise<T>, argument: A, deadline: Deadline): Promise<T> {
    try {
      return await beforeDeadline(deadline, shared);
    } catch (error) {
      throw error instanceof TimedOut ? late(error, argument) : error;
    }
  }

  return async (argument, deadline) => {
    const key = keyOf(argument);
    const shared = running.get(key);
    if (shared === undefined) return start(key, argument, deadline);
    try {
      return await join(shared, argument, deadline);
    } catch (error) {
      if (timeLeft(deadline, 1) === 0) throw error;
      return join(running.get(key) ?? start(key, argument, deadline), argument, deadline);
    }
  };
}
