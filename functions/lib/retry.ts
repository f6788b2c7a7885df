// Retries a call once, with a limit for each try and for both, and never past the review's deadline.

import { type Deadline, timeLeft } from "./deadline.ts";

export interface RetryRules {
  readonly tryMs: number;
  readonly totalMs: number;
  /**
   * Whether to repeat the call, without a wait. False for an error that the service itself
   * returned, except 5xx.
   */
  readonly isRetryable: (error: unknown) => boolean;
  /** Called with the error of the first try if a second one follows. */
  readonly beforeRetry?: (error: unknown) => void;
  /** Whether the service throttles: the one retry follows a random wait. */
  readonly isThrottling?: (error: unknown) => boolean;
  /** From 0 to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A call took too long. Handled like a connection failure. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/**
 * The wait before the retry of a throttled call is a random part of this, so that environments that
 * were throttled together do not retry together. Short, since the environment answers no other
 * request meanwhile: kube-apiserver's own retries, which wait outside, let more users log in than a
 * longer wait (test/bench/README.md).
 */
const THROTTLED_MS = 100;

/**
 * Runs `call` and repeats it once if `rules` allow. Throws the last error unchanged. A call should
 * end when its signal aborts; otherwise it keeps running and its result is ignored.
 */
export async function retry<T>(
  rules: RetryRules,
  deadline: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { tryMs, totalMs, isRetryable, beforeRetry, isThrottling, random = Math.random } = rules;
  const total: Deadline = {
    at: deadline.clock() + timeLeft(deadline, totalMs),
    clock: deadline.clock,
  };
  const left = timeLeft(total, totalMs);
  try {
    return await withTimeout(Math.min(left, tryMs), call);
  } catch (error) {
    const isThrottled = isThrottling?.(error) === true;
    const wait = isThrottled ? Math.floor(random() * THROTTLED_MS) : 0;
    // A timer can fire a millisecond early by the clock, so a try that had all remaining time was
    // the last one.
    const isOver = (error instanceof TimedOut && left <= tryMs) || timeLeft(total, totalMs) <= wait;
    if (isOver || !(isThrottled || isRetryable(error))) throw error;
    beforeRetry?.(error);
    if (isThrottled) await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return withTimeout(Math.min(timeLeft(total, totalMs), tryMs), call);
}

/** Throws `TimedOut` if `call` takes longer than `ms`. */
export async function withTimeout<T>(
  ms: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
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

/**
 * Returns the kind of failure, for a log: at most 64 characters in one line, also if a broken
 * service chooses them. Omits the error's message, which can contain secrets.
 */
export function failureKind(error: unknown): string {
  if (!(error instanceof Error)) return "unknown failure";
  const kind = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return kind.slice(0, 64).replace(/[^\w.:#-]/g, "?");
}

/**
 * Returns whether nothing answered. Unlike a reset or a 5xx, it can take all the time of each
 * request that follows.
 */
export function isSilence(error: unknown): boolean {
  return ["TimedOut", "ECONNREFUSED"].includes(failureKind(error));
}
