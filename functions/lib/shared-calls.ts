// Shares one call among concurrent requests for the same key, and its failure for a moment: while a
// service fails, each further request would wait for it or call it again.

import { type Deadline, type EpochMs, timeLeft } from "./deadline.ts";
import { LruMap } from "./lru-map.ts";
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

const MAX_FAILURES = 1_000;

interface FailureRules<Argument> {
  /** How long the error of a failed call is thrown again. */
  readonly failedMs: number;
  /**
   * A call with less time until its deadline is not remembered, since a request with more time can
   * succeed.
   */
  readonly fullMs: number;
  /** Calls with the same key share their failures. Default: the argument as a string. */
  readonly keyOf?: (argument: Argument) => string;
  /** Default: every error. */
  readonly isRemembered?: (error: unknown) => boolean;
  /** The time of the first call after `failedMs`. Default: `fullMs`. */
  readonly probeMs?: number;
}

interface CachedFailure {
  readonly error: unknown;
  readonly at: EpochMs;
  /** Whether a request calls the service now. Until it ends, others get the error. */
  isProbed: boolean;
}

/**
 * Returns a function that throws the error of a failed call again for some time. After that, one
 * request at a time calls the service.
 */
export function cacheFailures<Argument, Result>(
  call: (argument: Argument, deadline: Deadline) => Promise<Result>,
  {
    failedMs,
    fullMs,
    keyOf = String,
    isRemembered = () => true,
    probeMs = fullMs,
  }: FailureRules<Argument>,
): typeof call {
  const failures = new LruMap<string, CachedFailure>(MAX_FAILURES);

  function throwUntilProbe(last: CachedFailure, now: EpochMs): void {
    // By age: if the clock steps back, the failure has ended.
    const age = now - last.at;
    if (last.isProbed || (age >= 0 && age < failedMs)) throw last.error;
    last.isProbed = true;
  }

  return async (argument, deadline) => {
    const { clock } = deadline;
    const key = keyOf(argument);
    const last = failures.get(key);
    if (last !== undefined) throwUntilProbe(last, clock());
    const neededMs = last === undefined ? fullMs : probeMs;
    const isFull = timeLeft(deadline, neededMs) === neededMs;
    const within =
      last === undefined ? deadline : { at: clock() + timeLeft(deadline, probeMs), clock };
    try {
      const result = await call(argument, within);
      failures.delete(key);
      return result;
    } catch (error) {
      if (isFull && isRemembered(error)) failures.set(key, { error, at: clock(), isProbed: false });
      else failures.delete(key);
      throw error;
    }
  };
}
