// The value of a stored parameter: as text, and as a list whose entries operators change at the
// same time.

import { isDeepStrictEqual } from "node:util";
import { isListKind, KINDS, type ListKind } from "../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import {
  type ParameterAddress,
  readName,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { isObject, parseJson, parseStored, repeatedKey } from "../../functions/lib/json.ts";
import { asciiLowerCase } from "../../functions/lib/text.ts";
import { endTime, isExpired, notAfterTime } from "../../functions/lib/time.ts";
import type {
  DatedParameter,
  StoredParameter,
} from "../../functions/parameters/stored-parameter.ts";
import { usage } from "../io/errors.ts";

/**
 * A parameter as Parameter Store returned it when it was read. The version shows whether another
 * operator has written it since. Its value is not validated.
 */
export interface VersionedParameter extends DatedParameter {
  readonly name: string;
  readonly version: number;
  /** Its AWS account, if the API returned the ARN. */
  readonly account?: string;
}

/** Parameters by their names. */
export type VersionedParameters = ReadonlyMap<string, VersionedParameter>;

/**
 * Returns whether both are one version, or both are absent. Compares the value too: a recreated
 * parameter starts at version 1 again.
 */
export function isSameVersion(
  one: VersionedParameter | undefined,
  other: VersionedParameter | undefined,
): boolean {
  return one?.version === other?.version && one?.value === other?.value;
}

/** A version in the history of a parameter, with the identity that wrote it. */
export interface ParameterVersion extends VersionedParameter {
  /** The ARN of the identity. */
  readonly by: string;
  readonly description: string;
}

/** The items of a JSON list as it is stored: any of them may be invalid. */
export type Items = readonly unknown[];

/** Returns the address that the end of a parameter's name has, below any prefix. */
function addressAtEnd(parameter: string): ParameterAddress | undefined {
  const sections = parameter.split("/");
  const prefixes = [sections.slice(0, -2), sections.slice(0, -3)].map((start) => start.join("/"));
  return prefixes.flatMap((prefix) => readName(prefix, parameter) ?? [])[0];
}

/**
 * Returns the key that identifies an entry in this parameter's list; `undefined` for a parameter
 * that is not a list.
 */
export function entryKey(parameter: string): string | undefined {
  if (parameter.endsWith("/callers")) return "name";
  const address = addressAtEnd(parameter);
  return address && isListKind(address.kind) ? KINDS[address.kind].listedBy : undefined;
}

/** Returns whether the parameter is a deny list. */
export function isDenyList(parameter: string): boolean {
  return addressAtEnd(parameter)?.kind === "deny";
}

/** Returns the items of a list; `undefined` unless the text is a JSON list. */
export function listIn(value: string | undefined): Items | undefined {
  const list = value === undefined ? undefined : parseJson(value);
  return Array.isArray(list) ? list : undefined;
}

/**
 * The name of a parameter, what is stored, and the value that is written. `undefined` stands for a
 * parameter that does not exist.
 */
interface ValueChange {
  readonly name: string;
  readonly before: StoredParameter | undefined;
  readonly value: string | undefined;
}

/**
 * Returns the key of the entries by which a change of a list is merged with concurrent changes;
 * `undefined` if it is written as one value.
 */
export function mergeKeyOf({ name, before, value }: ValueChange): string | undefined {
  const was = listIn(before?.value);
  const is = listIn(value);
  const isList = is !== undefined && (before === undefined || was !== undefined);
  // Lists with equal entries differ only in their text, by a repeated key: this needs no merge.
  return isList && !isDeepStrictEqual(was, is) ? entryKey(name) : undefined;
}

interface Merged {
  /** The items of the merged list. Entries that clash are theirs. */
  readonly items: Items;
  /** The keys of the entries that both changed. */
  readonly clashes: readonly string[];
}

/**
 * Applies to `theirs` what `mine` changes in `base`. Their entries keep their positions; my new
 * ones are appended.
 */
export function mergeList(key: string, base: Items, mine: Items, theirs: Items): Merged {
  const byName = (list: Items) => Map.groupBy(list, (item) => keyOfItem(item, key));
  const was = byName(base);
  const is = byName(mine);
  const other = byName(theirs);
  const changed = [...new Set([...was.keys(), ...is.keys()])].filter((name) =>
    differs(was, is, name),
  );
  const clashes = changed.filter((name) => differs(was, other, name) && differs(is, other, name));
  const left = new Set(changed.filter((name) => !clashes.includes(name)));
  const isMine = new Set(left);
  // Entries with the same name move to the position of the first.
  const take = (name: string) => (left.delete(name) ? (is.get(name) ?? []) : []);
  const kept = theirs.flatMap((item) =>
    isMine.has(keyOfItem(item, key)) ? take(keyOfItem(item, key)) : [item],
  );
  return { items: [...kept, ...[...left].flatMap(take)], clashes };
}

/**
 * Returns whether `mine` does more than change entries in place, remove them, or append new ones.
 */
export function changesOrder(key: string, base: Items, mine: Items): boolean {
  return !isDeepStrictEqual(mergeList(key, base, mine, base).items, mine);
}

function differs(a: Map<string, Items>, b: Map<string, Items>, name: string): boolean {
  return !isDeepStrictEqual(a.get(name), b.get(name));
}

/**
 * Returns the key of an item: lower case for ARN patterns, and for the names that denials have
 * instead. Both ignore case, and no name is an ARN. It is the entry's JSON if it lacks the key.
 */
export function keyOfItem(item: unknown, key: string): string {
  const isOfArns = key === "arnLike";
  const text = isObject(item) ? (item[key] ?? (isOfArns ? item["name"] : undefined)) : undefined;
  if (typeof text !== "string") return JSON.stringify(item);
  return isOfArns ? asciiLowerCase(text) : text;
}

/** Returns the texts that the items have under a key. */
export function textsOf(items: Items, key: "session" | "arnLike"): string[] {
  return items.flatMap((item) => {
    const text = isObject(item) ? item[key] : undefined;
    return typeof text === "string" ? [text] : [];
  });
}

/** Returns whether the entry has this ARN pattern, or the denial this name, case-insensitive. */
export function isFor(item: unknown, patternOrName: string): boolean {
  return keyOfItem(item, "arnLike") === asciiLowerCase(patternOrName);
}

/**
 * The key that identifies an entry of a list: an ARN pattern, a session name, or for a denial a
 * name.
 */
export type EntryKey = Pick<Mapping, "arnLike" | "session"> & { readonly name?: string };

/** Returns whether the entry has this key. Session names are case-sensitive. */
export function hasKey(item: unknown, { arnLike, name = arnLike, session }: EntryKey): boolean {
  if (session !== undefined) return isObject(item) && item["session"] === session;
  return name !== undefined && isFor(item, name);
}

/**
 * Returns whether the other operators' deny list denies what this entry is for at least as long as
 * `mine`, which lifts nothing. Their spelling and description may differ.
 */
export function isDeniedAsLong(
  entry: string,
  [base, mine, theirs]: readonly [base: Items, mine: Items, theirs: Items],
): boolean {
  const endIn = (items: Items) => {
    const ends = items.filter((item) => isFor(item, entry)).map(endOf);
    return Math.max(Number.NEGATIVE_INFINITY, ...ends);
  };
  const end = endIn(mine);
  return end > Number.NEGATIVE_INFINITY && end >= endIn(base) && endIn(theirs) >= end;
}

/** Returns the end of a denial; minus infinity for an entry that is not valid. */
function endOf(item: unknown): number {
  const notAfter = isObject(item) ? item["notAfter"] : undefined;
  if (notAfter === undefined) return endTime(undefined);
  return typeof notAfter === "string" && notAfterTime(notAfter) !== undefined
    ? endTime(notAfter)
    : Number.NEGATIVE_INFINITY;
}

/** The address of a list, and the function's partition, without which denials may be of any. */
export interface ListAddress {
  readonly kind: ListKind;
  readonly account: string;
  readonly partition?: string;
}

/**
 * Returns the stored entries. Throws if the list, or an entry that `isChanged` does not select, is
 * invalid: rewriting it would guess its meaning.
 *
 * @param name of the parameter, for messages
 */
export function listItems(
  name: string,
  stored: StoredParameter | undefined,
  { kind, account, partition }: ListAddress,
  isChanged: (item: unknown) => boolean,
): readonly unknown[] {
  if (stored === undefined) return [];
  const { isReadable, entries } = readStored(kind, { account, partition }, stored);
  if (stored.secure) {
    throw usage(
      `${name} must be of type String, not SecureString. Nothing was written. Remove it first (mappings remove).`,
    );
  }
  if (!isReadable) {
    throw usage(
      `${name} is not a JSON list. Nothing was written. Restore an earlier version first (mappings rollback), or remove it (mappings remove).`,
    );
  }
  for (const [index, { value, problem }] of entries.entries()) {
    if (problem === undefined || isChanged(value)) continue;
    const principal = isObject(value)
      ? (value["arnLike"] ?? value["session"] ?? value["name"])
      : undefined;
    const which = `entry ${index + 1}${typeof principal === "string" ? ` (${principal})` : ""}`;
    throw usage(
      `${name}: ${which} is invalid: ${problem}. Nothing was written. Fix or remove that entry first.`,
    );
  }
  return entries.map(({ value }) => value);
}

/**
 * Replaces the first item that `isIt` selects, or appends the item: the other patterns keep their
 * precedence.
 */
export function withItem(
  items: readonly unknown[],
  isIt: (item: unknown) => boolean,
  item: unknown,
): readonly unknown[] {
  const index = items.findIndex(isIt);
  return index < 0 ? [...items, item] : items.with(index, item);
}

/**
 * Normalizes a value for comparison: white space and key order are ignored. Values with a repeated
 * key stay text.
 */
export function normal(value: string): unknown {
  const parsed = parseStored(value);
  const isPlain = (isObject(parsed) || Array.isArray(parsed)) && repeatedKey(parsed) === undefined;
  return isPlain ? parsed : value;
}

/** Returns whether two values have the same meaning. */
export function isSameValue(value: string, other: string): boolean {
  return isDeepStrictEqual(normal(value), normal(other));
}

/**
 * Returns whether a parameter has this value: the function reads both alike. `undefined` means that
 * it does not exist.
 */
export function isStored(value: string | undefined, stored: StoredParameter | undefined): boolean {
  if (value === undefined || stored === undefined) return value === stored?.value;
  return !stored.secure && isSameValue(stored.value, value);
}

/** The tolerance in milliseconds: the function's clock may be behind AWS's. */
const SURELY_ENDED_MS = 60_000;

/**
 * Returns whether an item of a deny list ended more than 60 s before. Then it only fills the list.
 */
export function hasEnded(item: unknown, now: number): boolean {
  const notAfter = isObject(item) ? item["notAfter"] : undefined;
  return typeof notAfter === "string" && isExpired(notAfter, now - SURELY_ENDED_MS);
}

/**
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
export const MAX_BYTES = 4096;

/** Returns a phrase for the user, or `undefined`. */
export function valueProblem(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html: no
  // reference to a parameter.
  if (text.includes("{{")) return 'contains "{{", which Parameter Store refuses';
  if (bytes <= MAX_BYTES) return undefined;
  const long = longDescription(text);
  const advice = long === undefined ? "" : `, and ${long}`;
  return `${bytes} bytes, but a parameter holds at most ${MAX_BYTES}${advice}`;
}

/** A description of this length says why; the rest of the space is for other entries. */
const ENOUGH_BYTES = 200;

/**
 * Returns a phrase about the longest description in a value, if the value would fit with a shorter
 * one.
 */
export function longDescription(text: string): string | undefined {
  const sizes = [parseJson(text)]
    .flat()
    .filter(isObject)
    .map(({ description }) =>
      typeof description === "string" ? Buffer.byteLength(description) : 0,
    );
  const longest = Math.max(0, ...sizes);
  if (Buffer.byteLength(text) - longest + ENOUGH_BYTES > MAX_BYTES) return undefined;
  return `a description has ${longest} bytes: shorten it`;
}

/** Returns the JSON text of a value. Throws if Parameter Store refuses it. */
export function valueText(name: string, value: unknown): string {
  const text = JSON.stringify(value);
  const problem = valueProblem(text);
  if (problem !== undefined) throw usage(`${name}: ${problem}.`);
  return text;
}
