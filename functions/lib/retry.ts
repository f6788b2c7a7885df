// Calls to other services: a limit on each try, one retry, a limit on all, and never past the review's deadline.

import { type Deadline, timeLeft } from "./deadline.ts";

export interface RetryLimits {
  readonly tryMs: number;
  readonly totalMs: number;
}

/** A call took too long; counts as a connection failure. */
export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

const TRIES = 2;

/**
 * Runs `call` and, where `isRetryable` says so of what it threw, once more. The second error is thrown as it is. A call
 * should end when its signal aborts; if it does not, it is left behind.
 */
export async function retry<T>(
  { tryMs, totalMs }: RetryLimits,
  deadline: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
  isRetryable: (error: unknown) => boolean,
): Promise<T> {
  const own: Deadline = { at: deadline.clock() + timeLeft(deadline, totalMs), clock: deadline.clock };
  for (let tries = 1; ; tries += 1) {
    try {
      return await withTimeout(timeLeft(own, tryMs), call);
    } catch (error) {
      if (tries === TRIES || !isRetryable(error) || timeLeft(own, 1) === 0) throw error;
    }
  }
}

async function withTimeout<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
