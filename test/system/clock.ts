// The time that the function and the local services share. A test moves it without waiting.

export type SharedClock = ReturnType<typeof clockFrom>;

/** The real time plus the added time. Timers ignore added time. */
export function sharedClock(): SharedClock {
  return clockFrom(undefined);
}

/** Only `advance` moves it and the timers of the function. */
export function stoppedClock(): SharedClock {
  return clockFrom(Date.now());
}

function clockFrom(stoppedAt: number | undefined) {
  const shift = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const added = new Float64Array(shift);
  const listeners: ((ms: number) => void)[] = [];
  return {
    /** The added time, for another thread: one 64-bit float. */
    shift,
    /** The time at which it was stopped; `undefined` if it runs. */
    stoppedAt,
    /** Milliseconds since 1970. */
    now: () => (stoppedAt ?? Date.now()) + (added[0] ?? 0),
    advance(ms: number) {
      added[0] = (added[0] ?? 0) + ms;
      for (const listener of listeners) listener(ms);
    },
    /** Called after each `advance`. */
    onAdvance(listener: (ms: number) => void) {
      listeners.push(listener);
    },
  };
}
