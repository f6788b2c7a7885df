// Keeps up to ten thousand parameters in memory.

import { MAX_PARAMETERS, MAX_VERSIONS } from "./limits.ts";
import type { ParameterStorage, ParameterVersion } from "./parameter.ts";

/** Starts empty. `now` returns the modification time of new versions. */
export function memoryParameters(now: () => number, limit = MAX_PARAMETERS): ParameterStorage {
  const kept = new Map<string, ParameterVersion[]>();
  // Cached, since listing N parameters reads all names N/10 times.
  let sorted: string[] | undefined;

  return {
    versions: (name) => kept.get(name),
    names() {
      sorted ??= [...kept.keys()].sort();
      return sorted;
    },
    count: () => kept.size,
    limit,
    add(name, content) {
      const before = kept.get(name) ?? [];
      const added = { ...content, version: (before.at(-1)?.version ?? 0) + 1, modified: now() };
      if (before.length === 0) sorted = undefined;
      kept.set(name, [...before, added].slice(-MAX_VERSIONS));
      return added;
    },
    remove(name) {
      sorted = undefined;
      return kept.delete(name);
    },
  };
}
