// What is made of a parameter's value, kept as long as the parameter is: parsed and checked once per read, not once per review.

import type { StoredParameter } from "./stored-parameter.ts";

/**
 * The parameter cache gives the same object until it has read the parameter again. `read` must depend on nothing else;
 * `more` must be the same for each read of a parameter.
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
