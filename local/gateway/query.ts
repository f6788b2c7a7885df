// The query of a request, decoded and grouped by name.

/** All values of each name, in the order of the query; `undefined` when there is no parameter. */
export function parseQuery(query: string): Record<string, string[]> | undefined {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}
