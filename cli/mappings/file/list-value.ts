// Reads a list of patterns, sessions or denials to change one entry and keep the others.

import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { checkMapping, type ListKind, type Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { parseStored } from "../../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { usage } from "../../errors.ts";

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
  if (stored.secure) {
    throw usage(
      `${name} must be of type String, not SecureString. Nothing was written. Remove it first: mappings remove ${name}.`,
    );
  }
  const list = parseStored(stored.value);
  if (!Array.isArray(list)) {
    throw usage(
      `${name} is not a JSON list. Nothing was written. Fix it first: mappings rollback ${name}, or ` +
        `mappings remove ${name}.`,
    );
  }
  const scope = { account: name.slice(name.lastIndexOf("/") + 1), ...(partition !== undefined && { partition }) };
  for (const [index, item] of list.entries()) {
    const check = kind === "deny" ? checkDenyEntry(item, scope) : checkMapping(item, kind);
    if (check.valid || isChanged(item)) continue;
    const own = isObject(item) ? (item["arnLike"] ?? item["session"]) : undefined;
    throw usage(
      `${name}: entry ${index + 1}${typeof own === "string" ? ` (${own})` : ""} is invalid: ${check.problem}. Nothing was written. Fix or remove that ` +
        "entry first.",
    );
  }
  return list;
}
