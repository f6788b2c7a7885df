// Polls until a condition is met: AWS is eventually consistent, and the function caches for up to a minute.

import type { World } from "./world.ts";

const PAUSE_MS = 5_000;

/** Returns the last value, even if the condition is not met. */
export async function until<T>(
  world: World,
  limitMs: number,
  look: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const end = world.now() + limitMs;
  let value = await look();
  while (!holds(value) && world.now() < end) {
    await world.sleep(PAUSE_MS);
    value = await look();
  }
  return value;
}
