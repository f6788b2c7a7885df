// The injected clock, and the deadline that all work of a review shares.

/** Milliseconds since 1970. */
export type EpochMs = number;

export type Clock = () => EpochMs;

export interface Deadline {
  readonly at: EpochMs;
  readonly clock: Clock;
}

export function deadlineIn(ms: number, clock: Clock): Deadline {
  return { at: clock() + ms, clock };
}

/** Returns the remaining milliseconds, at most `limitMs`; 0 after the deadline. */
export function timeLeft({ at, clock }: Deadline, limitMs: number): number {
  return Math.max(0, Math.min(limitMs, at - clock()));
}
