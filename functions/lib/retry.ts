// Retries calls to AWS, with a limit for each try and for all tries, and never past the review's deadline.

import { type Deadline, timeLeft } from "./deadline.ts";

export interface RetryRules {
  readonly tryMs: number;
  readonly totalMs: number;
  /** Whether to repeat the call once, without a wait. False for an error that the service itself returned, except 5xx. */
  readonly isRetryable: (error: unknown) => boolean;
  /** Called with the error before the second try. */
  readonly beforeRetry?: (error: unknown) => void;
  /** Whether the service throttles: the call is repeated up to three times, each after a random wait. */
  readonly isThrottling?: (error: unknown) => boolean;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A call took too long. Handled like a connection failure. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/**
 * The longest wait before each retry of a throttled call. The wait is a random part of it, so that environments that were
 * throttled together do not retry together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("full jitter")
 */
const LONGEST_WAITS_MS = [100, 200, 400];

/**
 * Runs `call` and repeats it as `rules` allow. Throws the last error unchanged. A call should end when its signal aborts;
 * otherwise it keeps running and its result is ignored.
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
        // A timer can fire a millisecond early by the clock, so a try that had all remaining time was the last one.
        const isOver = (error instanceof TimedOut && left <= tryMs) || timeLeft(own, 1) === 0;
        if (retried || isOver || !isRetryable(error)) throw error;
        retried = true;
        beforeRetry?.(error);
      }
    }
  }
}

/** Throws `TimedOut` if `call` takes longer than `ms`. */
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

/** Throws `TimedOut` if `promise` takes until the deadline. The promise's work continues. */
export function beforeDeadline<T>(deadline: Deadline, promise: Promise<T>): Promise<T> {
  return withTimeout(timeLeft(deadline, Number.POSITIVE_INFINITY), () => promise);
}

/** The kind of failure, for a log. Omits the error's message, which can contain secrets. */
export function failureKind(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
