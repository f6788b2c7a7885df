// Decodes the query of a request and groups it by name.

/** All values of each name, in the order of the query; `undefined` without parameters. */
export function parseQuery(query: string): Record<string, string[]> | undefined {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values.size === 0 ? undefined : Object.fromEntries(values);
}
