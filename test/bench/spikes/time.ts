// Time of a load spike: virtual, it advances only when no work is left.

export type Time = ReturnType<typeof virtualTime>;

interface Timer {
  readonly at: number;
  readonly call: () => void;
  cancelled: boolean;
}

/** Turns of the event loop without work after which no work is left. */
const QUIET_TURNS = 3;

/**
 * Replaces `Date.now`, `setTimeout` and `clearTimeout` in this process, including the bundle. Computing takes no time;
 * `sleep` adds the time that it takes on Lambda. Valid only without external waits: sockets must be in memory
 * (memory-network.ts); reads of module files are waited for.
 */
export function virtualTime() {
  /** The last one is due first. */
  const timers: Timer[] = [];
  let now = Date.now();

  function start(call: () => void, ms: number): Timer {
    const timer = { at: now + Math.max(0, ms || 0), call, cancelled: false };
    const before = timers.findLastIndex(({ at }) => at > timer.at);
    timers.splice(before + 1, 0, timer);
    return timer;
  }

  Date.now = () => Math.floor(now);
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  /** The result has the parts of a timer's handle that the bundle uses. */
  const virtualSetTimeout = (call: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle = {
      timer: start(() => call(...args), ms),
      ref: () => handle,
      unref: () => handle,
      hasRef: () => true,
    };
    return handle;
  };
  globalThis.setTimeout = Object.assign(virtualSetTimeout, realSetTimeout) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((handle?: { timer: Timer } | NodeJS.Timeout | number) => {
    if (typeof handle === "object" && "timer" in handle) handle.timer.cancelled = true;
    else realClearTimeout(handle);
  }) as typeof clearTimeout;

  /** Waits for all work that does not need time. */
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (process.getActiveResourcesInfo().some((kind) => kind.startsWith("FSReq"))) quiet = -1;
    }
  }

  return {
    /** Milliseconds since 1970. */
    now: () => now,
    sleep: (ms: number) => new Promise<void>((resolve) => start(resolve, ms)),
    /** Settles as `work` does; virtual time advances only during this call. */
    async run<T>(work: Promise<T>): Promise<T> {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      work.then(end, end);
      for (;;) {
        await settle();
        if (ended) return work;
        const next = timers.pop();
        if (next === undefined) throw new Error("no timers are left, but the work has not ended");
        if (next.cancelled) continue;
        now = Math.max(now, next.at);
        next.call();
      }
    },
  };
}
