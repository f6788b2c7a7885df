// Time and network of a load spike. Time is virtual: it advances only when no work is left. HTTP
// clients and servers of this process have an in-memory network, without system sockets.

import { Agent, Server } from "node:http";
import { type Duplex, duplexPair } from "node:stream";

export type Time = ReturnType<typeof virtualTime>;

interface Timer {
  readonly at: number;
  readonly call: () => void;
  cancelled: boolean;
}

/** Turns of the event loop without work after which no work is left. */
const QUIET_TURNS = 3;

/**
 * Replaces `Date.now`, `setTimeout` and `clearTimeout` in this process, including the bundle.
 * Computing takes no time; `sleep` adds the time that it takes on Lambda. Valid only without
 * external waits: sockets must be in memory; reads of module files are waited for.
 */
export function virtualTime() {
  /** The last one is due first. */
  const timers: Timer[] = [];
  let now = Date.now();

  function start(call: () => void, ms: number): Timer {
    const timer = { at: now + Math.max(0, ms || 0), call, cancelled: false };
    // By bisection: ten thousand people at six kube-apiservers are 60,000 timers.
    let [from, to] = [0, timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((timers[middle]?.at ?? 0) > timer.at) from = middle + 1;
      else to = middle;
    }
    timers.splice(from, 0, timer);
    return timer;
  }

  /** How far `Date.now` is ahead of the time that passes. */
  let stepMs = 0;
  Date.now = () => Math.floor(now + stepMs);
  const { setTimeout: realSetTimeout, clearTimeout: realClearTimeout } = globalThis;
  /** The result has the parts of a timer's handle that the bundle uses. */
  const virtualSetTimeout = (call: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const timer = start(() => call(...args), ms);
    const handle = { timer, ref: () => handle, unref: () => handle, hasRef: () => true };
    return handle;
  };
  globalThis.setTimeout = Object.assign(
    virtualSetTimeout,
    realSetTimeout,
  ) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((handle?: { timer: Timer } | NodeJS.Timeout | number) => {
    if (typeof handle === "object" && "timer" in handle) handle.timer.cancelled = true;
    else realClearTimeout(handle);
  }) as typeof clearTimeout;

  // Signatures are made and verified on other threads, which getActiveResourcesInfo does not list.
  let signing = 0;
  const { subtle } = globalThis.crypto;
  function counted<Asked extends unknown[], Answer>(call: (...asked: Asked) => Promise<Answer>) {
    return (...asked: Asked): Promise<Answer> => {
      signing += 1;
      return call(...asked).finally(() => {
        signing -= 1;
      });
    };
  }
  subtle.sign = counted(subtle.sign.bind(subtle));
  subtle.verify = counted(subtle.verify.bind(subtle));

  /** Waits for all work that does not need time. */
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const isReading = process.getActiveResourcesInfo().some((kind) => kind.startsWith("FSReq"));
      if (isReading || signing > 0) quiet = -1;
    }
  }

  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((resolve) => start(resolve, ms)),
    /** Sets `Date.now` forward or back, as a correction of the system's clock does. */
    step(ms: number): void {
      stepMs += ms;
    },
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

/** Socket methods that HTTP needs in addition to a stream's. */
const SOCKET_METHODS = {
  setTimeout: chain,
  setNoDelay: chain,
  setKeepAlive: chain,
  ref: chain,
  unref: chain,
};

function chain<T>(this: T): T {
  return this;
}

/**
 * Replaces the network of HTTP servers and agents in this process. Node's HTTP parsers and agents
 * stay in use.
 */
export function useMemoryNetwork(): void {
  /** By port. */
  const servers: Server[] = [];

  function connect({ port }: { port?: number | string | null }): Duplex {
    const [client, accepted] = duplexPair();
    Object.assign(client, SOCKET_METHODS);
    Object.assign(accepted, SOCKET_METHODS);
    // Unlike sockets, one end of a pair does not notice when the other is destroyed.
    client.on("close", () => accepted.destroy());
    accepted.on("close", () => client.destroy());
    servers[Number(port) - 1]?.emit("connection", accepted);
    process.nextTick(() => client.emit("connect"));
    return client;
  }

  Agent.prototype.createConnection = connect as typeof Agent.prototype.createConnection;
  Object.assign(Server.prototype, {
    listen(this: Server) {
      servers.push(this);
      // Disables timeouts of idle connections.
      this.keepAliveTimeout = 0;
      process.nextTick(() => this.emit("listening"));
      return this;
    },
    address(this: Server) {
      return { address: "127.0.0.1", family: "IPv4", port: servers.indexOf(this) + 1 };
    },
    close(this: Server, closed?: () => void) {
      process.nextTick(() => closed?.());
      return this;
    },
  });
}
