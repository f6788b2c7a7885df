// The time that the function and the local services share. A test moves it without waiting.

export interface SharedClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  advance(ms: number): void;
  /** The added time, for another thread: one 64-bit float. */
  readonly shift: SharedArrayBuffer;
  /** The time at which it was stopped; `undefined` if it runs. */
  readonly stoppedAt: number | undefined;
  /** Called after each `advance`. */
  onAdvance(listener: (ms: number) => void): void;
}

/** The real time plus the added time. Timers ignore added time. */
export function sharedClock(): SharedClock {
  return clockFrom(undefined);
}

/** Only `advance` moves it and the timers of the function. */
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
