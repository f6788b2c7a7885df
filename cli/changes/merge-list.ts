// Two operators change one list at the same time: a three-way merge, entry by entry.

import { isDeepStrictEqual } from "node:util";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";

export type Items = readonly unknown[];

const LISTS: readonly (readonly [name: RegExp, key: string])[] = [
  [/\/(?:deny|pattern)\/(?:\d{12}|any)$/, "arnLike"],
  [/\/sso-session\/\d{12}\/[^/]+$/, "session"],
  [/\/callers$/, "name"],
];

/** The key by which the entries of this parameter are told apart; `undefined` for a parameter that holds one value. */
export function entryKey(parameter: string): string | undefined {
  return LISTS.find(([name]) => name.test(parameter))?.[1];
}

/** `undefined` where the text is not a JSON list. */
export function itemsOf(value: string | undefined): Items | undefined {
  const list = value === undefined ? undefined : parseJson(value);
  return Array.isArray(list) ? list : undefined;
}

interface Merged {
  /** Without what clashes: there, theirs stays. */
  readonly items: Items;
  /** The keys of the entries that both changed. */
  readonly clashes: readonly string[];
}

/** What `mine` changes in `base`, made again in `theirs`. Their entries keep their place, and new ones of mine come last. */
export function mergeList(key: string, base: Items, mine: Items, theirs: Items): Merged {
  const [was, is, other] = [base, mine, theirs].map((list) => Map.groupBy(list, (item) => nameOf(item, key)));
  const changed = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].filter((name) =>
    differs(was, is, name),
  );
  const clashes = changed.filter((name) => differs(was, other, name) && differs(is, other, name));
  const left = new Set(changed.filter((name) => !clashes.includes(name)));
  const isMine = new Set(left);
  // Several entries of one name go to the place of the first.
  const take = (name: string) => (left.delete(name) ? (is?.get(name) ?? []) : []);
  const kept = theirs.flatMap((item) => (isMine.has(nameOf(item, key)) ? take(nameOf(item, key)) : [item]));
  return { items: [...kept, ...[...left].flatMap(take)], clashes };
}

/** Whether `mine` is more than entries that are changed where they are, removed, or added at the end. */
export function changesOrder(key: string, base: Items, mine: Items): boolean {
  return !isDeepStrictEqual(mergeList(key, base, mine, base).items, mine);
}

function differs(a: Map<string, Items> | undefined, b: Map<string, Items> | undefined, name: string): boolean {
  return !isDeepStrictEqual(a?.get(name), b?.get(name));
}

/** ARN patterns are compared without regard to case; an entry without the key is told apart by all that it says. */
function nameOf(item: unknown, key: string): string {
  const name = isObject(item) ? item[key] : undefined;
  if (typeof name !== "string") return JSON.stringify(item);
  return key === "arnLike" ? asciiLowerCase(name) : name;
}
