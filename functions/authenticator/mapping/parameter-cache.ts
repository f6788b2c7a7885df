// Parameters that were read before: fresh for some seconds, and a stand-in for some minutes while Parameter Store fails.

import QuickLRU from "quick-lru";
import type { Clock, Deadline } from "../lib/clock.ts";
import type { StoredParameter } from "./finding.ts";

/** One call to Parameter Store for at most ten names; a name that is not in the answer does not exist. */
export type FetchParameters = (
  names: readonly string[],
  deadline: Deadline,
) => Promise<ReadonlyMap<string, StoredParameter>>;

export interface ReadResult {
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Whether no call was made, or its failure was covered by what is remembered. */
  readonly cached: boolean;
}

export type ReadParameters = (names: readonly string[], deadline: Deadline) => Promise<ReadResult>;

/** `undefined` as `stored`: the name was asked for and does not exist. */
interface Entry {
  readonly stored: StoredParameter | undefined;
  readonly readAt: number;
}

const ABSENT_MS = 10_000;
/** How much longer something found is usable while Parameter Store fails. */
const STALE_MS = 5 * 60_000;
const MAX_ENTRIES = 5_000;

/** `foundMs`: how long a parameter that exists is not asked for again. */
export function cachedParameters(fetch: FetchParameters, foundMs: number, clock: Clock): ReadParameters {
  const entries = new QuickLRU<string, Entry>({ maxSize: MAX_ENTRIES });

  function isFresh(entry: Entry | undefined): boolean {
    if (entry === undefined) return false;
    return clock() < entry.readAt + (entry.stored === undefined ? ABSENT_MS : foundMs);
  }

  function remembered(names: readonly string[]): ReadResult {
    const parameters = new Map<string, StoredParameter>();
    for (const name of names) {
      const stored = entries.get(name)?.stored;
      if (stored !== undefined) parameters.set(name, stored);
    }
    return { parameters, cached: true };
  }

  /**
   * Absence alone is no ground to stand on: that nothing was found some minutes ago would read as a denial now. With
   * something found, and every other name known to have been absent, the answer is the one of those minutes.
   */
  function canStand(names: readonly string[]): boolean {
    const known = names.map((name) => entries.get(name));
    const usable = known.every((entry) => entry !== undefined && clock() < entry.readAt + foundMs + STALE_MS);
    return usable && known.some((entry) => entry?.stored !== undefined);
  }

  return async (names, deadline) => {
    const missing = names.filter((name) => !isFresh(entries.get(name)));
    if (missing.length === 0) return remembered(names);
    try {
      const fetched = await fetch(missing, deadline);
      const readAt = clock();
      for (const name of missing) entries.set(name, { stored: fetched.get(name), readAt });
      return { ...remembered(names), cached: false };
    } catch (error) {
      if (canStand(names)) return remembered(names);
      throw error;
    }
  };
}
