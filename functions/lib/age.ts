// The age of what was read or proven, by a clock that can step back.

import type { Clock } from "./deadline.ts";

/** When something happened, for the `Ages` that made it. */
export interface Moment {
  /** Sum of the clock's steps forward. */
  readonly elapsedMs: number;
  /** Number of its steps back. */
  readonly steps: number;
}

export interface Ages {
  readonly now: () => Moment;
  /**
   * Whether less than `ms` have passed since then. False if the clock has stepped back: the time
   * that passed is unknown.
   */
  readonly isFresh: (since: Moment, ms: number) => boolean;
  /**
   * The same, except that a step back adds no time. Decides about what is used longer while a
   * service fails.
   */
  readonly isUsable: (since: Moment, ms: number) => boolean;
}

/**
 * Returns functions that compare ages, never absolute times: after a step back, an absolute end
 * would prolong what was read by the step. A step is noticed between two readings of the clock.
 */
export function agesBy(clock: Clock): Ages {
  let last = clock();
  let moment: Moment = { elapsedMs: 0, steps: 0 };
  function now(): Moment {
    const time = clock();
    const { elapsedMs, steps } = moment;
    if (time < last) moment = { elapsedMs, steps: steps + 1 };
    else if (time > last) moment = { elapsedMs: elapsedMs + time - last, steps };
    last = time;
    return moment;
  }
  const isUsable: Ages["isUsable"] = (since, ms) => now().elapsedMs - since.elapsedMs < ms;
  return {
    now,
    isUsable,
    isFresh: (since, ms) => now().steps === since.steps && isUsable(since, ms),
  };
}
