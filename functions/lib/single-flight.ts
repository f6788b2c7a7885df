// One call for all who ask for the same thing at the same time.

import { type Deadline, timeLeft } from "./deadline.ts";
import { withTimeout } from "./retry.ts";

type Call<A, T> = (argument: A, deadline: Deadline) => Promise<T>;

/**
 * Whoever asks while a call of the same key is running shares it, and waits no longer than their own deadline. A shared
 * call that fails is made once more for those who joined it: it ran under the deadline of whoever came first.
 */
export function singleFlight<A, T>(call: Call<A, T>, keyOf: (argument: A) => string): Call<A, T> {
  const running = new Map<string, Promise<T>>();

  function start(key: string, argument: A, deadline: Deadline): Promise<T> {
    const started = call(argument, deadline).finally(() => running.delete(key));
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
