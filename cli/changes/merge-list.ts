// Merges the changes of two operators to one list: a three-way merge by entry.

import { isDeepStrictEqual } from "node:util";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";

export type Items = readonly unknown[];

const LISTS: readonly (readonly [name: RegExp, key: string])[] = [
  [/\/(?:deny|pattern)\/(?:\d{12}|any)$/, "arnLike"],
  [/\/sso-session\/\d{12}\/[^/]+$/, "session"],
  [/\/callers$/, "name"],
];

/** The key that identifies an entry in this parameter's list; `undefined` for a parameter that is not a list. */
export function entryKey(parameter: string): string | undefined {
  return LISTS.find(([name]) => name.test(parameter))?.[1];
}

/** `undefined` unless the text is a JSON list. */
export function itemsOf(value: string | undefined): Items | undefined {
  const list = value === undefined ? undefined : parseJson(value);
  return Array.isArray(list) ? list : undefined;
}

interface Merged {
  /** Entries that clash are theirs. */
  readonly items: Items;
  /** The keys of the entries that both changed. */
  readonly clashes: readonly string[];
}

/** Applies to `theirs` what `mine` changes in `base`. Their entries keep their positions; my new ones are appended. */
export function mergeList(key: string, base: Items, mine: Items, theirs: Items): Merged {
  const byName = (list: Items) => Map.groupBy(list, (item) => nameOf(item, key));
  const [was, is, other] = [byName(base), byName(mine), byName(theirs)];
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter((name) => differs(was, is, name));
  const clashes = changed.filter((name) => differs(was, other, name) && differs(is, other, name));
  const left = new Set(changed.filter((name) => !clashes.includes(name)));
  const isMine = new Set(left);
  // Entries with the same name move to the position of the first.
  const take = (name: string) => (left.delete(name) ? (is.get(name) ?? []) : []);
  const kept = theirs.flatMap((item) => (isMine.has(nameOf(item, key)) ? take(nameOf(item, key)) : [item]));
  return { items: [...kept, ...[...left].flatMap(take)], clashes };
}

/** Whether `mine` does more than change entries in place, remove them, or append new ones. */
export function changesOrder(key: string, base: Items, mine: Items): boolean {
  return !isDeepStrictEqual(mergeList(key, base, mine, base).items, mine);
}

function differs(a: Map<string, Items>, b: Map<string, Items>, name: string): boolean {
  return !isDeepStrictEqual(a.get(name), b.get(name));
}

/** Lower case for ARN patterns, which ignore case; the entry's JSON if it lacks the key. */
export function nameOf(item: unknown, key: string): string {
  const name = isObject(item) ? item[key] : undefined;
  if (typeof name !== "string") return JSON.stringify(item);
  return key === "arnLike" ? asciiLowerCase(name) : name;
}
