// What is made of a parameter's value, kept as long as the parameter is: parsed and checked once per read, not once per review.

import type { StoredParameter } from "./stored-parameter.ts";

/** The parameter cache gives the same object until it has read the parameter again. `read` must depend on nothing else. */
export function oncePerRead<T extends object>(read: (stored: StoredParameter) => T): (stored: StoredParameter) => T {
  const kept = new WeakMap<StoredParameter, T>();
  return (stored) => {
    const known = kept.get(stored);
    if (known !== undefined) return known;
    const made = read(stored);
    kept.set(stored, made);
    return made;
  };
}
