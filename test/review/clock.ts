// The time that the function and the local services share; a test moves it on without waiting.

export interface SharedClock {
  /** Milliseconds since 1970: the real time, and what was added to it. */
  readonly now: () => number;
  advance(ms: number): void;
  /** How much was added, for another thread: one 64-bit float. */
  readonly shift: SharedArrayBuffer;
}

export function sharedClock(): SharedClock {
  const shift = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const added = new Float64Array(shift);
  return {
    shift,
    now: () => Date.now() + (added[0] ?? 0),
    advance(ms) {
      added[0] = (added[0] ?? 0) + ms;
    },
  };
}
