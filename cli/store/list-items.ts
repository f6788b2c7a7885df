// The entries of a stored list, to change one of them and keep the others.

import type { ListKind, Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { readStored } from "../../functions/authenticator/read-stored.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../functions/lib/json.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { usage } from "../errors.ts";

/** Whether the entry has this ARN pattern, case-insensitive. */
export function isFor(item: unknown, arnLike: string): boolean {
  const own = isObject(item) ? item["arnLike"] : undefined;
  return typeof own === "string" && asciiLowerCase(own) === asciiLowerCase(arnLike);
}

/** What identifies an entry of a list: an ARN pattern or a session name. */
export type EntryKey = Pick<Mapping, "arnLike" | "session">;

/** Whether the entry has this key. Session names are case-sensitive. */
export function hasKey(item: unknown, { arnLike, session }: EntryKey): boolean {
  if (session !== undefined) return isObject(item) && item["session"] === session;
  return arnLike !== undefined && isFor(item, arnLike);
}

/**
 * The stored entries. Throws if the list, or an entry that `isChanged` does not select, is invalid: rewriting it would
 * guess its meaning.
 *
 * @param name of the parameter, for messages
 * @param partition of the function, for a deny list
 */
export function listItems(
  name: string,
  stored: StoredParameter | undefined,
  kind: ListKind | "deny",
  isChanged: (item: unknown) => boolean,
  partition?: string,
): readonly unknown[] {
  if (stored === undefined) return [];
  const account = name.slice(name.lastIndexOf("/") + 1);
  const { isReadable, entries } = readStored(kind, { account, partition }, stored);
  if (!isReadable) {
    const [rule, advice] = stored.secure
      ? ["must be of type String, not SecureString", "Remove it first (mappings remove)."]
      : ["is not a JSON list", "Restore an earlier version first (mappings rollback), or remove it (mappings remove)."];
    throw usage(`${name} ${rule}. Nothing was written. ${advice}`);
  }
  for (const [index, { value, problem }] of entries.entries()) {
    if (problem === undefined || isChanged(value)) continue;
    const own = isObject(value) ? (value["arnLike"] ?? value["session"]) : undefined;
    const which = `entry ${index + 1}${typeof own === "string" ? ` (${own})` : ""}`;
    throw usage(`${name}: ${which} is invalid: ${problem}. Nothing was written. Fix or remove that entry first.`);
  }
  return entries.map(({ value }) => value);
}

/** Replaces the first item that `isIt` selects, or appends the item: the other patterns keep their precedence. */
export function withItem(
  items: readonly unknown[],
  isIt: (item: unknown) => boolean,
  item: unknown,
): readonly unknown[] {
  const index = items.findIndex(isIt);
  return index < 0 ? [...items, item] : items.with(index, item);
}
