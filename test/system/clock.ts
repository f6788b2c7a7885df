// The time that the function and the local services share. A test moves it without waiting.

export type SharedClock = ReturnType<typeof sharedClock>;

/** Only `advance` moves it and the timers of the function. */
export const stoppedClock = () => sharedClock(Date.now());

/** The real time plus the added time, which timers ignore. */
export function sharedClock(stoppedAt?: number) {
  const shift = new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
  const added = new Float64Array(shift);
  const listeners: ((ms: number) => Promise<void>)[] = [];
  return {
    /** The added time, for another thread: one 64-bit float. */
    shift,
    /** The time at which it was stopped; `undefined` if it runs. */
    stoppedAt,
    now: () => (stoppedAt ?? Date.now()) + (added[0] ?? 0),
    /**
     * Ends when the function's timers have moved: a response that arrives before would start a
     * timer in the past.
     */
    async advance(ms: number): Promise<void> {
      added[0] = (added[0] ?? 0) + ms;
      await Promise.all(listeners.map((listener) => listener(ms)));
    },
    onAdvance(listener: (ms: number) => Promise<void>) {
      listeners.push(listener);
    },
  };
}
