// Guards the calls of a service that a review waits for: their time, one retry, and a short memory
// of failures (a circuit breaker). An environment answers one review at a time, so what one waits
// for, others lose.

import { agesBy, type Moment } from "./age.ts";
import { type Clock, type Deadline, timeLeft } from "./deadline.ts";
import { LruMap } from "./lru-map.ts";
import { isSilence, type RetryRules, retry } from "./retry.ts";

/**
 * A call with the time `try` has that of one try in all: for a check that can be repeated later.
 * Default: `all`.
 */
export type Call<Asked, Answer> = (
  asked: Asked,
  deadline: Deadline,
  time?: "all" | "try",
) => Promise<Answer>;

declare const GUARDED: unique symbol;

/** Only `guard` makes one, so that no client of a function can be without it. */
export type Guarded<Call> = Call & {
  /** Whether the last call that proved something failed, less than a minute ago. */
  readonly isFailing: () => boolean;
  readonly [GUARDED]: true;
};

interface Memory {
  /** How long calls fail at once after a failure, in milliseconds. */
  readonly ms: number;
  /** `service`: all calls. `key`: those with the same `Transport.keyOf`. */
  readonly of: "service" | "key";
}

/** Times are in milliseconds. */
export interface Limits {
  /** Also the time of a probe, with its retry. */
  readonly tryMs: number;
  readonly totalMs: number;
  /** No try was answered: each timed out or was refused. */
  readonly silence: Memory;
  /** Every other failure. `undefined`: not remembered. */
  readonly failure: Memory | undefined;
}

/** How one service is called. */
export interface Transport<Asked, Answer> extends Omit<RetryRules, "tryMs" | "totalMs"> {
  /** Makes one try. */
  readonly send: (asked: Asked, signal: AbortSignal) => Promise<Answer>;
  /** Default: every call has the same. */
  readonly keyOf?: (asked: Asked) => string;
  /** Returns the answer that the error of the last try contains, or throws what the review throws. */
  readonly settle: (error: unknown, asked: Asked) => Answer;
}

interface Failure {
  readonly error: unknown;
  readonly since: Moment;
  readonly ms: number;
  /** Whether a call probes the service. Until it ends, others fail at once. */
  isProbed: boolean;
}

const MAX_FAILURES = 1_000;
/** Longer than most pauses in which no review calls the service. */
const FAILING_MS = 60_000;

/**
 * Returns a function that calls the service. While a failure is remembered, it fails at once with
 * the same error. After that, one call at a time probes the service. A call that had less time than
 * its limit proves nothing by failing: it neither creates nor deletes a memory.
 */
export function guard<Asked, Answer>(
  { tryMs, totalMs, silence, failure }: Limits,
  { send, settle, keyOf = () => "", ...rules }: Transport<Asked, Answer>,
  clock: Clock,
): Guarded<Call<Asked, Answer>> {
  const ages = agesBy(clock);
  const failures = new LruMap<string, Failure>(MAX_FAILURES);
  let failedAt: Moment | undefined;

  const placeOf = ({ of }: Memory, key: string): string => (of === "key" ? key : "");

  /** The last failures that the calls with this key share. */
  function failuresOf(key: string): Failure[] {
    return [silence, failure].flatMap((memory) => {
      const last = memory && failures.get(placeOf(memory, key));
      return last ?? [];
    });
  }

  function forget(key: string): void {
    for (const memory of [silence, failure])
      if (memory !== undefined) failures.delete(placeOf(memory, key));
  }

  function remember(key: string, error: unknown, memory: Memory | undefined): void {
    forget(key);
    if (memory === undefined) return;
    failedAt = ages.now();
    failures.set(placeOf(memory, key), { error, since: failedAt, ms: memory.ms, isProbed: false });
  }

  async function callWithin(
    limitMs: number,
    asked: Asked,
    key: string,
    deadline: Deadline,
  ): Promise<Answer> {
    const isFull = timeLeft(deadline, limitMs) === limitMs;
    let isSilent = true;
    const beforeRetry = (error: unknown): void => {
      isSilent = isSilence(error);
      rules.beforeRetry?.(error);
    };
    try {
      const limits = { ...rules, tryMs, totalMs: limitMs, beforeRetry };
      const answer = await retry(limits, deadline, (signal) => send(asked, signal));
      forget(key);
      failedAt = undefined;
      return answer;
    } catch (error) {
      if (isFull) remember(key, error, isSilent && isSilence(error) ? silence : failure);
      throw error;
    }
  }

  const call: Call<Asked, Answer> = async (asked, deadline, time = "all") => {
    const key = keyOf(asked);
    const known = failuresOf(key);
    const last = known.find(({ isProbed, since, ms }) => isProbed || ages.isFresh(since, ms));
    if (last !== undefined) return settle(last.error, asked);
    for (const probed of known) probed.isProbed = true;
    const isShort = time === "try" || known.length > 0;
    try {
      return await callWithin(isShort ? tryMs : totalMs, asked, key, deadline);
    } catch (error) {
      return settle(error, asked);
    } finally {
      for (const probed of known) probed.isProbed = false;
    }
  };
  const isFailing = (): boolean => failedAt !== undefined && ages.isFresh(failedAt, FAILING_MS);
  return Object.assign(call, { isFailing }) as Guarded<Call<Asked, Answer>>;
}
