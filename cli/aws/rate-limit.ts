// Keeps calls under a rate: they share the quota of the account and Region with the function and all others.

import { setTimeout } from "node:timers/promises";

/** Resolves when the next call may start; rejects with an AbortError when `signal` aborts meanwhile. */
export type RateLimit = (signal: AbortSignal) => Promise<void>;

/** `burst`: how many calls may start at once after a pause, as the service's own counting allows. */
export function rateLimited(perSecond: number, burst = 1): RateLimit {
  const gap = 1000 / perSecond;
  let next = 0;
  return async (signal) => {
    const now = performance.now();
    const start = Math.max(now, next - (burst - 1) * gap);
    next = Math.max(next, now) + gap;
    if (start > now) await setTimeout(start - now, undefined, { signal });
    signal.throwIfAborted();
  };
}
