// Calls to other services: a limit on each try and on all, tried again where that helps, and never past the review's deadline.

import { type Deadline, timeLeft } from "./deadline.ts";

export interface RetryRules {
  readonly tryMs: number;
  readonly totalMs: number;
  /** Whether the call is made once more, at once: not where the service has answered the request itself. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Called with the error before that second try. */
  readonly beforeRetry?: (error: unknown) => void;
  /** Whether the service is throttling us: tried again after a random wait, up to three times. */
  readonly isThrottling?: (error: unknown) => boolean;
  /** From 0 to 1; `Math.random` unless given. */
  readonly random?: () => number;
}

/** A call took too long; counts as a connection failure. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/**
 * The longest wait before each further try of a throttled call. A random part of it is waited, so that many environments
 * that were throttled together do not come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("full jitter")
 */
const LONGEST_WAITS_MS = [100, 200, 400];

/**
 * Runs `call`, and again as `rules` say. The last error is thrown as it is. A call should end when its signal aborts; if it
 * does not, it is left behind.
 */
export async function retry<T>(
  rules: RetryRules,
  deadline: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { tryMs, totalMs, isRetryable, beforeRetry, isThrottling, random = Math.random } = rules;
  const own: Deadline = { at: deadline.clock() + timeLeft(deadline, totalMs), clock: deadline.clock };
  const waits = [...LONGEST_WAITS_MS];
  let retried = false;
  for (;;) {
    const left = timeLeft(own, totalMs);
    try {
      return await withTimeout(Math.min(left, tryMs), call);
    } catch (error) {
      if (isThrottling?.(error) === true) {
        const longest = waits.shift();
        if (longest === undefined) throw error;
        const wait = Math.floor(random() * longest);
        if (timeLeft(own, totalMs) <= wait) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait));
      } else {
        // A timer may fire a millisecond before the clock says so: a try that had all the time left was the last one.
        const isOver = (error instanceof TimedOut && left <= tryMs) || timeLeft(own, 1) === 0;
        if (retried || isOver || !isRetryable(error)) throw error;
        retried = true;
        beforeRetry?.(error);
      }
    }
  }
}

/** Throws `TimedOut` when `call` takes longer than `ms`. */
export async function withTimeout<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (ms === 0) throw new TimedOut("no time left");
  const controller = new AbortController();
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new TimedOut(`no answer within ${ms} ms`));
    controller.abort();
  }, ms);
  try {
    return await Promise.race([call(controller.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** What kind of failure it was, fit for a log: an error's free text could hold what nobody should read there. */
export function failureKind(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
