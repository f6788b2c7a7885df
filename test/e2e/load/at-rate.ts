// Runs many calls at a steady rate, however long each of them takes, and never more than so many at once.

import { setTimeout as sleep } from "node:timers/promises";

export interface Pace {
  readonly perSecond: number;
  readonly count: number;
  readonly atOnce: number;
}

/** `call` gets 0, 1, 2, ...; ends when the last one has ended. */
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
