// A pause after calls that prove nothing, so that waiting for them takes at most a share of an
// environment's time.

import type { Ages, Moment } from "./age.ts";

export interface Pause {
  readonly isOver: () => boolean;
  /**
   * Makes the call, which starts a pause at its end, also if it fails. `end` ends that pause, but
   * not that of a later call.
   */
  readonly after: <T>(
    call: () => Promise<T>,
  ) => Promise<{ readonly result: T; readonly end: () => void }>;
}

/** No call takes longer, whatever the clock says: a review ends within this time. */
const LONGEST_CALL_MS = 5_000;

/**
 * Creates pauses. A pause is `factor` times as long as its call, and at least `leastMs`, which also
 * counts from the start of the call.
 */
export function pauseAfterCalls(ages: Ages, factor: number, leastMs = 0): Pause {
  let last: { readonly since: Moment; readonly ms: number } | undefined;
  return {
    isOver: () => last === undefined || !ages.isFresh(last.since, last.ms),
    async after(call) {
      const start = ages.now();
      last = { since: start, ms: leastMs };
      let own = last;
      try {
        const result = await call();
        const end = (): void => {
          if (last === own) last = undefined;
        };
        return { result, end };
      } finally {
        const since = ages.now();
        const callMs = Math.min(since.elapsedMs - start.elapsedMs, LONGEST_CALL_MS);
        own = { since, ms: Math.max(leastMs, factor * callMs) };
        last = own;
      }
    },
  };
}
