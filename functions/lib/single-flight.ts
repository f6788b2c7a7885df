// One call for everybody who asks for the same thing at the same time.

import { type Deadline, timeLeft } from "./deadline.ts";
import { withTimeout } from "./retry.ts";

type Call<A, T> = (argument: A, deadline: Deadline) => Promise<T>;

/**
 * A call that is made while one of the same key is running shares it, and waits no longer than its own deadline. When the
 * shared call fails, those who joined it share one more: the first one ran under the deadline of the first caller.
 */
export function singleFlight<A, T>(call: Call<A, T>, keyOf: (argument: A) => string): Call<A, T> {
  const running = new Map<string, Promise<T>>();

  function start(key: string, argument: A, deadline: Deadline): Promise<T> {
    const started = call(argument, deadline).finally(() => running.delete(key));
    // All who wait for it see its failure. Where their time is over first, nobody waits, and it must not end the process.
    started.catch(() => {});
    running.set(key, started);
    return started;
  }

  return async (argument, deadline) => {
    const key = keyOf(argument);
    const join = (shared: Promise<T>) => withTimeout(timeLeft(deadline, Number.POSITIVE_INFINITY), () => shared);
    const shared = running.get(key);
    if (shared === undefined) return start(key, argument, deadline);
    try {
      return await join(shared);
    } catch (error) {
      if (timeLeft(deadline, 1) === 0) throw error;
      return join(running.get(key) ?? start(key, argument, deadline));
    }
  };
}
