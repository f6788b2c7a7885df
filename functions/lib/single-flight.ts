// Shares one call among concurrent requests for the same key.

import { type Deadline, timeLeft } from "./deadline.ts";
import { beforeDeadline, TimedOut } from "./retry.ts";

type Call<Asked, Answer> = (asked: Asked, deadline: Deadline) => Promise<Answer>;

/**
 * Returns a function that joins a running call of the same key and waits for it until its own
 * deadline at most. If the call fails, the requests that joined share one more call, since the
 * first one ran under another request's deadline. `late` makes the error of a request that has
 * waited until its deadline. Default: `TimedOut`.
 */
export function singleFlight<Asked, Answer>(
  call: Call<Asked, Answer>,
  keyOf: (asked: Asked) => string,
  late: (timedOut: TimedOut, asked: Asked) => Error = (timedOut) => timedOut,
): Call<Asked, Answer> {
  const running = new Map<string, Promise<Answer>>();

  function start(key: string, asked: Asked, deadline: Deadline): Promise<Answer> {
    const started = call(asked, deadline).finally(() => running.delete(key));
    // If every waiting request has timed out, a later failure must not end the process as an
    // unhandled rejection.
    started.catch(() => {});
    running.set(key, started);
    return started;
  }

  async function join(shared: Promise<Answer>, asked: Asked, deadline: Deadline): Promise<Answer> {
    try {
      return await beforeDeadline(deadline, shared);
    } catch (error) {
      throw error instanceof TimedOut ? late(error, asked) : error;
    }
  }

  return async (asked, deadline) => {
    const key = keyOf(asked);
    const shared = running.get(key);
    if (shared === undefined) return start(key, asked, deadline);
    try {
      return await join(shared, asked, deadline);
    } catch (error) {
      if (timeLeft(deadline, 1) === 0) throw error;
      return join(running.get(key) ?? start(key, asked, deadline), asked, deadline);
    }
  };
}
