// Caches the keys of each issuer for an hour, and for a day while the issuer cannot be reached.

import { fault } from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock, Deadline } from "../../lib/deadline.ts";
import type { Call } from "../../lib/guard.ts";
import { beforeDeadline, TimedOut } from "../../lib/retry.ts";
import { singleFlight } from "../../lib/single-flight.ts";
import type { KeySet } from "./key-set.ts";

/** Reads the keys of an issuer. Throws a fault if they cannot be read. */
export type FetchKeySet = Call<string, KeySet>;

export interface KeyRead {
  readonly keys: KeySet;
  /** Whether the last try to read the keys failed, so that these are older. */
  readonly failed: boolean;
}

export interface SigningKeys {
  /** Returns the keys. Throws the fault of the read if none are cached. */
  current(issuer: string, deadline: Deadline): Promise<KeyRead>;
  /**
   * Reads the keys again, for a token that they do not verify, unless they were read within the
   * last minute. Waits for a read that is running: a denial before its end could be about a key
   * that it finds.
   */
  newer(issuer: string, deadline: Deadline): Promise<KeyRead>;
}

const FRESH_MS = 60 * 60_000;
const USABLE_MS = 24 * FRESH_MS;
/**
 * The shortest time between two reads, so that a flood of invalid tokens does not become one of
 * requests.
 */
const INTERVAL_MS = 60_000;

interface Known {
  readonly keys: KeySet;
  readonly readAt: Moment;
  /** Start of the last try, successful or not. */
  triedAt: Moment;
  /** The last try, while it runs. */
  running?: Promise<KeySet> | undefined;
  failed: boolean;
}

/** Returns the cache of `fetchKeySet`. It has an entry for each issuer in the settings. */
export function cachedKeys(fetchKeySet: FetchKeySet, clock: Clock): SigningKeys {
  const ages = agesBy(clock);
  const known = new Map<string, Known>();
  async function fetchDated(issuer: string, deadline: Deadline): Promise<KeySet> {
    const triedAt = ages.now();
    const keys = await fetchKeySet(issuer, deadline);
    known.set(issuer, { keys, readAt: triedAt, triedAt, failed: false });
    return keys;
  }
  const fetchOnce = singleFlight(fetchDated, String, (cause, issuer) =>
    fault("token_keys_unavailable", `no keys from ${issuer} (TimedOut)`, { cause }),
  );

  async function read(issuer: string, olderThan: number, deadline: Deadline): Promise<KeyRead> {
    const entry = known.get(issuer);
    if (entry === undefined || !ages.isUsable(entry.readAt, USABLE_MS)) {
      return { keys: await fetchOnce(issuer, deadline), failed: false };
    }
    const isDue =
      !ages.isFresh(entry.readAt, olderThan) && !ages.isFresh(entry.triedAt, INTERVAL_MS);
    if (isDue) {
      // Before the read: reviews of known keys that arrive during an outage do not wait for a
      // second one.
      entry.triedAt = ages.now();
      entry.running = fetchOnce(issuer, deadline);
    } else if (olderThan > 0) return entry;
    const { running } = entry;
    if (running === undefined) return entry;
    try {
      return { keys: await beforeDeadline(deadline, running), failed: false };
    } catch (error) {
      // The read may still succeed for the others.
      if (error instanceof TimedOut) return { keys: entry.keys, failed: true };
      entry.running = undefined;
      entry.failed = true;
      return entry;
    }
  }
  return {
    current: (issuer, deadline) => read(issuer, FRESH_MS, deadline),
    newer: (issuer, deadline) => read(issuer, 0, deadline),
  };
}
