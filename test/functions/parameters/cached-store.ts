// A cache of parameters before a store that a test can change and switch off.

import { fault } from "../../../functions/errors.ts";
import type { Deadline } from "../../../functions/lib/deadline.ts";
import { cachedParameters, type FetchParameters } from "../../../functions/parameters/parameter-cache.ts";
import { deadlineOf, fixedClock } from "../authenticator/fixtures.ts";

export const A = { value: "a", secure: false };

/** `asked` has the names of each call. `fails` decides which calls fail while the store is not up. */
export function cachedStore(
  stored: Record<string, typeof A> = {},
  fails: (names: readonly string[], deadline: Deadline) => boolean = () => true,
) {
  const state = { up: true };
  const asked: string[][] = [];
  const fetch: FetchParameters = async (names, deadline) => {
    asked.push([...names]);
    if (!state.up && fails(names, deadline)) throw fault("parameters_unavailable", `down for ${names.join()}`);
    return new Map(Object.entries(stored).filter(([name]) => names.includes(name)));
  };
  return { ...cacheOf(fetch), asked, state, stored };
}

export function cacheOf(fetch: FetchParameters) {
  const clock = fixedClock();
  const read = cachedParameters(fetch, 30_000, clock);
  return { clock, read, ask: (...names: string[]) => read(names, deadlineOf(clock)) };
}
