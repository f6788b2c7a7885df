// A parameter as Parameter Store returns it, with its value not parsed, and the cache of a parsed
// value, so that it is parsed once per read and not once per review.

import type { EpochMs } from "../lib/deadline.ts";

export interface StoredParameter {
  readonly value: string;
  /**
   * Whether it is a SecureString. Its value is then encrypted, and invalid: the function reads no
   * secrets.
   */
  readonly secure: boolean;
}

export interface DatedParameter extends StoredParameter {
  /** When its value was last written. */
  readonly modified: EpochMs;
}

/** In milliseconds: how long the function uses a mapping or deny list before it reads it again. */
export const MAPPING_FOUND_MS = 30_000;

/**
 * Returns `read` with a cache by object: the parameter cache returns the same object until it reads
 * the parameter again. `read` must depend only on its arguments, and `more` must always be the same
 * for a parameter.
 */
export function oncePerRead<T extends object, More extends unknown[]>(
  read: (stored: StoredParameter, ...more: More) => T,
): (stored: StoredParameter, ...more: More) => T {
  const kept = new WeakMap<StoredParameter, T>();
  return (stored, ...more) => {
    const known = kept.get(stored);
    if (known !== undefined) return known;
    const made = read(stored, ...more);
    kept.set(stored, made);
    return made;
  };
}
