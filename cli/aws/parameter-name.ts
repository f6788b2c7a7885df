// A parameter's name for people.

/** For people: below the prefix. */
export function shortName(name: string, prefix: string): string {
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : name;
}
