// Caches the result of parsing a parameter, so that it is parsed once per read and not once per review.

import type { StoredParameter } from "./stored-parameter.ts";

/**
 * Caches by object: the parameter cache returns the same object until it reads the parameter again. `read` must depend
 * only on its arguments, and `more` must always be the same for a parameter.
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
