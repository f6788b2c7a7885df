// Looks again until something holds: AWS's answers are eventually consistent, and the function's caches last up to a minute.

import type { World } from "./world.ts";

const PAUSE_MS = 5_000;

/** The last value, whether it holds or not. */
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
