// Polls until a condition is met: AWS is eventually consistent, and the function caches for up to a minute.

import type { Review } from "./reviews.ts";
import type { World } from "./world.ts";

const PAUSE_MS = 5_000;
/** Callers apply within 60 s, mappings within 30 s (docs/reference.md). */
export const CACHES_MS = 90_000;

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

/** Sends a review until it is granted or every cache has expired. Returns the last one's line for the report. */
export async function untilGranted(world: World, send: () => Promise<Review>): Promise<string> {
  return (await until(world, CACHES_MS, send, ({ authenticated }) => authenticated)).seen;
}
