// Runs calls at a constant rate, independent of their duration, with limited concurrency.

import { setTimeout as sleep } from "node:timers/promises";

export interface Pace {
  readonly perSecond: number;
  readonly count: number;
  readonly atOnce: number;
}

/** Passes 0, 1, 2, ... to `call`; resolves after the last call. */
export async function runAtRate(
  { perSecond, count, atOnce }: Pace,
  call: (index: number) => Promise<void>,
): Promise<void> {
  const start = Date.now();
  const running = new Set<Promise<void>>();
  for (let index = 0; index < count; index += 1) {
    const wait = start + (index * 1000) / perSecond - Date.now();
    if (wait > 0) await sleep(wait);
    while (running.size >= atOnce) await Promise.race(running);
    const one: Promise<void> = call(index).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}
