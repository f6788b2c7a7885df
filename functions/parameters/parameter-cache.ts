// Caches parameters for some seconds, and for some minutes more while Parameter Store fails.

import { fault } from "../errors.ts";
import { agesBy, type Moment } from "../lib/age.ts";
import type { Clock, Deadline } from "../lib/deadline.ts";
import type { Call } from "../lib/guard.ts";
import { LruMap } from "../lib/lru-map.ts";
import { singleFlight } from "../lib/single-flight.ts";
import type { StoredParameter } from "./stored-parameter.ts";

/**
 * Makes one call to Parameter Store for at most ten names. A name that is not in the result does
 * not exist.
 */
export type FetchParameters = Call<readonly string[], StoredParameters>;

/** By name. */
export type StoredParameters = ReadonlyMap<string, StoredParameter>;

interface ReadResult {
  readonly parameters: StoredParameters;
  /** Whether all parameters come from the cache, also after a failed call. */
  readonly cached: boolean;
  /**
   * Whether Parameter Store failed: a parameter that is missing here may have been created since it
   * was last read.
   */
  readonly stale: boolean;
  /**
   * Keeps these names cached, absent ones included, until as many names of other mapped identities
   * evict them.
   */
  readonly keep?: () => void;
}

export type ReadParameters = (names: readonly string[], deadline: Deadline) => Promise<ReadResult>;

interface Entry {
  /** `undefined`: the parameter does not exist. */
  readonly stored: StoredParameter | undefined;
  /** Start of the call: Parameter Store can change while it answers. */
  readonly readAt: Moment;
  /** Number of the call, in order of start. */
  readonly sequence: number;
}

const ABSENT_MS = 10_000;
/** How much longer a cached parameter is usable while Parameter Store fails. */
const STALE_MS = 5 * 60_000;
const MAX_ENTRIES = 5_000;

/**
 * Returns a function that answers from the cache where it can. `foundMs`: how long an existing
 * parameter is not read again. Throws the errors of `fetch`.
 */
export function cachedParameters(
  fetch: FetchParameters,
  foundMs: number,
  clock: Clock,
): ReadParameters {
  // A name is only in one of them, so that no older entry reappears when one is evicted.
  const kept = new LruMap<string, Entry>(MAX_ENTRIES);
  const others = new LruMap<string, Entry>(MAX_ENTRIES);
  const ages = agesBy(clock);
  let calls = 0;
  async function fetchDated(names: readonly string[], deadline: Deadline) {
    calls += 1;
    const call = { readAt: ages.now(), sequence: calls };
    return { call, fetched: await fetch(names, deadline) };
  }
  const fetchOnce = singleFlight(fetchDated, String, (cause) =>
    fault("parameters_unavailable", "no answer from Parameter Store (TimedOut)", { cause }),
  );

  function isFresh({ stored, readAt }: Entry): boolean {
    return ages.isFresh(readAt, stored === undefined ? ABSENT_MS : foundMs);
  }

  function cachedEntry(name: string): Entry | undefined {
    return kept.get(name) ?? others.get(name);
  }

  /**
   * Returns the entry to use. A late result of an earlier call must not replace the result of a
   * later call.
   */
  function newest(name: string, entry: Entry): Entry {
    const cached = cachedEntry(name);
    return cached !== undefined && cached.sequence > entry.sequence ? cached : entry;
  }

  /**
   * Returns whether cached entries can answer during an outage: every name must be cached, and at
   * least one must exist. A stale absence without an existing parameter is never served, since it
   * would turn an outage into a denial.
   */
  function canAnswerStale(names: readonly string[], known: ReadonlyMap<string, Entry>): boolean {
    const usable = [...known.values()].filter(({ readAt }) =>
      ages.isUsable(readAt, foundMs + STALE_MS),
    );
    return usable.length === names.length && usable.some(({ stored }) => stored !== undefined);
  }

  function resultOf(
    known: ReadonlyMap<string, Entry>,
    cached: boolean,
    stale: boolean,
  ): ReadResult {
    const keep = (): void => {
      for (const [name, entry] of known) {
        if (kept.has(name)) continue;
        kept.set(name, newest(name, entry));
        others.delete(name);
      }
    };
    return { parameters: found(known), cached, stale, keep };
  }

  function cachedEntries(names: readonly string[]): Map<string, Entry> {
    const known = new Map<string, Entry>();
    for (const name of names) {
      const entry = cachedEntry(name);
      if (entry !== undefined) known.set(name, entry);
    }
    return known;
  }

  return async (names, deadline) => {
    // Copied before the first await: an entry that the cache evicts meanwhile must not look absent.
    const known = cachedEntries(names);
    const missing = names.filter((name) => {
      const entry = known.get(name);
      return entry === undefined || !isFresh(entry);
    });
    if (missing.length === 0) return resultOf(known, true, false);
    try {
      const { call, fetched } = await fetchOnce(missing, deadline);
      for (const name of missing) {
        const entry = newest(name, { stored: fetched.get(name), ...call });
        known.set(name, entry);
        (kept.has(name) ? kept : others).set(name, entry);
      }
      return resultOf(known, false, false);
    } catch (error) {
      for (const [name, entry] of known) known.set(name, newest(name, entry));
      if (canAnswerStale(names, known)) return resultOf(known, true, true);
      throw error;
    }
  };
}

function found(known: ReadonlyMap<string, Entry>): StoredParameters {
  const parameters = new Map<string, StoredParameter>();
  for (const [name, { stored }] of known) if (stored !== undefined) parameters.set(name, stored);
  return parameters;
}
