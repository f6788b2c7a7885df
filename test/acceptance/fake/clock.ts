// Virtual time that advances only while everything sleeps, so that a run of hours is fast.

export interface VirtualClock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export function virtualClock(start: number): VirtualClock {
  let now = start;
  let isPumping = false;
  const timers: { readonly at: number; readonly wake: () => void }[] = [];

  function pump(): void {
    const next = timers.toSorted((a, b) => a.at - b.at)[0];
    if (next === undefined) {
      isPumping = false;
      return;
    }
    timers.splice(timers.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.wake();
    setImmediate(pump);
  }

  return {
    now: () => now,
    sleep(ms) {
      const { promise, resolve } = Promise.withResolvers<void>();
      timers.push({ at: now + ms, wake: resolve });
      if (!isPumping) {
        isPumping = true;
        setImmediate(pump);
      }
      return promise;
    },
  };
}
