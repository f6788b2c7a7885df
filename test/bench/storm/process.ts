// One storm in a process of its own, since it changes time and network there. Takes a storm by message, and sends what came of it.

import { useMemoryNetwork } from "./memory-network.ts";
import { runStorm, type Storm, type StormResult } from "./run.ts";
import { slowTime, virtualTime } from "./time.ts";

export interface StormOrder {
  readonly storm: Storm;
  /** Real time with real sockets, so many times slower; otherwise virtual time. */
  readonly slowness?: number;
}

export type StormReport = { readonly result: StormResult } | { readonly error: string };

/** Mulberry32: the same storm each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function carryOut({ storm, slowness }: StormOrder): Promise<StormReport> {
  // The bundle waits for random times, too.
  Math.random = seeded(storm.seed);
  const time = slowness === undefined ? virtualTime() : slowTime(slowness);
  if (slowness === undefined) useMemoryNetwork();
  // Each review prints two lines, which nobody reads here.
  process.stdout.write = () => true;
  try {
    return { result: await time.run(runStorm(storm, time, seeded(storm.seed + 1))) };
  } catch (error) {
    return { error: error instanceof Error ? String(error.stack) : String(error) };
  }
}

process.once("message", async (order: StormOrder) => {
  const report = await carryOut(order);
  process.send?.(report, () => process.exit());
});
