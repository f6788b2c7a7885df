// The time that the function and the local services share; a test moves it on without waiting.

export interface SharedClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  advance(ms: number): void;
  /** How much was added, for another thread: one 64-bit float. */
  readonly shift: SharedArrayBuffer;
  /** What time it was when it was stopped; `undefined` where it goes on by itself. */
  readonly stoppedAt: number | undefined;
  /** Called after each `advance`. */
  onAdvance(listener: (ms: number) => void): void;
}

/** The real time, and what was added to it. Timers do not hear of what is added. */
export function sharedClock(): SharedClock {
  return clockFrom(undefined);
}

/** Only `advance` moves it, and with it the timers of the function. */
export function stoppedClock(): SharedClock {
  return clockFrom(Date.now());
}

function clockFrom(stoppedAt: number | undefined): SharedClock {
  const shift = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const added = new Float64Array(shift);
  const listeners: ((ms: number) => void)[] = [];
  return {
    shift,
    stoppedAt,
    now: () => (stoppedAt ?? Date.now()) + (added[0] ?? 0),
    advance(ms) {
      added[0] = (added[0] ?? 0) + ms;
      for (const listener of listeners) listener(ms);
    },
    onAdvance(listener) {
      listeners.push(listener);
    },
  };
}
