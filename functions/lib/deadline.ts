// The time, injected, and the one deadline that all work of a review shares.

/** Milliseconds since 1970. */
export type EpochMs = number;

export type Clock = () => EpochMs;

/** A moment, in milliseconds of the same clock, by which something must be over. */
export interface Deadline {
  readonly at: EpochMs;
  readonly clock: Clock;
}

export function deadlineIn(ms: number, clock: Clock): Deadline {
  return { at: clock() + ms, clock };
}

/** Whole milliseconds that are left, at most `limitMs`; 0 when it is over. */
export function timeLeft({ at, clock }: Deadline, limitMs: number): number {
  return Math.max(0, Math.min(limitMs, at - clock()));
}
