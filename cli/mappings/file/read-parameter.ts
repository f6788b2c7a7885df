// Reads mapping entries and denials from the stored value of a parameter, and the entries of a list to change one.

import { checkDenyEntry, type DenyEntry, type DenyScope } from "../../../functions/authenticator/mapping/deny-list.ts";
import type { ListKind, Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { type ParameterKind, readName } from "../../../functions/authenticator/mapping/read-name.ts";
import { readStored, type StoredValue } from "../../../functions/authenticator/read-stored.ts";
import { asciiLowerCase } from "../../../functions/lib/ascii-lower-case.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { parseStored, repeatedKey } from "../../../functions/lib/repeated-keys.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { usage } from "../../errors.ts";
import { accountOf, type Entry, inOrder, nameOfEntry, type Problem } from "./entry.ts";

export interface Denial {
  /** Of the list that contains it: twelve digits, or `any`. */
  readonly account: string;
  readonly entry: DenyEntry;
}

/** The account is that of the ARN, or `any` for a wildcard. */
export function readDenial(item: unknown, scope: DenyScope = {}): Denial | Problem {
  const check = checkDenyEntry(item, scope);
  if (!check.valid) return { problem: check.problem };
  return { account: accountOf(check.entry.arnLike), entry: inOrder(check.entry) };
}

/** The mapping or denial in a message. */
export function whatIs(item: Entry | Denial): string {
  return "entry" in item ? `the denial of ${item.entry.arnLike}` : nameOfEntry(item);
}

/** A phrase for the user about a denial that can never match in this partition, or `undefined`. */
export function foreignProblem(denial: Denial, partition: string): string | undefined {
  const check = checkDenyEntry(denial.entry, { account: denial.account, partition });
  return check.valid ? undefined : `${whatIs(denial)}: ${check.problem}`;
}

export interface Reading {
  /** `undefined` for a name that the authenticator ignores. */
  readonly kind: ParameterKind | undefined;
  readonly account: string;
  readonly entries: readonly Entry[];
  /** Of a deny list. */
  readonly denials: readonly Denial[];
  /** Problems of the parameter or of its entries. */
  readonly problems: readonly string[];
}

/** Without `partition`, denials for another partition are valid. */
export function readParameter(prefix: string, parameter: string, stored: StoredParameter, partition?: string): Reading {
  const address = readName(prefix, parameter);
  const reading = { kind: address?.kind, account: address?.account ?? "", entries: [], denials: [], problems: [] };
  if (address === undefined) return { ...reading, problems: ["not a mapping: the authenticator ignores it"] };
  const { kind, account, name } = address;
  const read: StoredValue<Mapping> = readStored(kind, { account, partition }, stored);
  const valid = read.entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
  const { problems } = read;
  if (kind === "deny") {
    const denials = valid.map((mapping) => ({ account, entry: inOrder(mapping) as DenyEntry }));
    return { ...reading, denials, problems };
  }
  const entries = valid.map((mapping) => {
    // A parameter's name is in lower case. Its value keeps the case.
    const { arn } = mapping;
    return {
      kind,
      account,
      name: arn === undefined || name === "" ? name : arn.slice(arn.lastIndexOf("/") + 1),
      mapping,
    };
  });
  return { ...reading, entries, problems };
}

/** Normalizes a value for comparison: white space and key order are ignored. Values with a repeated key stay text. */
export function normal(value: string): unknown {
  const parsed = parseStored(value);
  const isPlain = (isObject(parsed) || Array.isArray(parsed)) && repeatedKey(parsed) === undefined;
  return isPlain ? parsed : value;
}

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
