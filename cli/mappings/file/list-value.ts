// A parameter that holds a list, of patterns, of sessions or of denials: one entry is changed, and its neighbours stay as they are.

import { checkDenyEntry } from "../../../functions/authenticator/mapping/deny-list.ts";
import { checkMapping, type ListKind, type Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { parseStored } from "../../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { usage } from "../../errors.ts";

/** Whether an entry is the one for this ARN pattern, in any case. */
export function isFor(item: unknown, arnLike: string): boolean {
  const own = isObject(item) ? item["arnLike"] : undefined;
  return typeof own === "string" && asciiLowerCase(own) === asciiLowerCase(arnLike);
}

/** What tells the entries of a list apart: an ARN pattern, or the name of a session. */
export type EntryKey = Pick<Mapping, "arnLike" | "session">;

/** Whether an entry is the one for this key; a session's name counts with its case. */
export function hasKey(item: unknown, { arnLike, session }: EntryKey): boolean {
  if (session !== undefined) return isObject(item) && item["session"] === session;
  return arnLike !== undefined && isFor(item, arnLike);
}

/**
 * The entries of a list as they are. Throws where the list, or an entry that `isChanged` does not name, is invalid: to
 * write it again would be to decide what somebody else meant by it.
 *
 * @param name the parameter's, for the message
 * @param partition the function's, for a deny list
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
      `${name} must be a JSON list, and it is not. Nothing was written. Fix it first: mappings rollback ${name}, or ` +
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
