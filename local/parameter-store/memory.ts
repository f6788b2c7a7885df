// Parameters in memory, cheap enough for ten thousand of them.

import { MAX_PARAMETERS, MAX_VERSIONS } from "./limits.ts";
import type { Parameters, ParameterVersion } from "./parameter.ts";

/** Starts empty; `now` stamps the versions. */
export function memoryParameters(now: () => number, limit = MAX_PARAMETERS): Parameters {
  const kept = new Map<string, ParameterVersion[]>();
  // A listing of N parameters reads the names N/10 times: sorted once, until a name comes or goes.
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
