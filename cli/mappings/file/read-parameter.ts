// Reads mapping entries and denials from the stored value of a parameter, and the entries of a list to change one.

import { checkDenyEntry, type DenyEntry, type DenyScope } from "../../../functions/authenticator/mapping/deny-list.ts";
import {
  checkMapping,
  isListKind,
  type ListKind,
  type Mapping,
  type MappingKind,
} from "../../../functions/authenticator/mapping/mapping.ts";
import {
  type ParameterAddress,
  type ParameterKind,
  readName,
} from "../../../functions/authenticator/mapping/read-name.ts";
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
  const { kind, account } = address;
  if (stored.secure) return { ...reading, problems: ["must be of type String, not SecureString"] };
  const value = parseStored(stored.value);
  if (value === undefined) return { ...reading, problems: ["must be JSON"] };
  if (kind !== "deny" && !isListKind(kind)) {
    const entry = readValue(value, { ...address, kind });
    return "problem" in entry ? { ...reading, problems: [entry.problem] } : { ...reading, entries: [entry] };
  }
  if (!Array.isArray(value)) return { ...reading, problems: ["must be a JSON list"] };
  if (kind !== "deny") {
    const [entries, problems] = divide((value as unknown[]).map((item) => readValue(item, { ...address, kind })));
    return { ...reading, entries, problems };
  }
  const scope = { account, ...(partition !== undefined && { partition }) };
  const [denials, problems] = divide((value as unknown[]).map((item) => readDenial(item, scope)));
  // The list determines the account, not the ARN.
  return { ...reading, denials: denials.map((denial) => ({ ...denial, account })), problems };
}

/** The valid items, and the problems of the others with their number in the list. */
function divide<T extends object>(items: readonly (T | Problem)[]): [T[], string[]] {
  return [
    items.filter((item): item is T => !("problem" in item)),
    items.flatMap((item, index) => ("problem" in item ? `entry ${index + 1}: ${item.problem}` : [])),
  ];
}

function readValue(value: unknown, address: ParameterAddress & { readonly kind: MappingKind }): Entry | Problem {
  const check = checkMapping(value, address.kind);
  if (!check.valid) return { problem: check.problem };
  const { mapping } = check;
  // A parameter's name is in lower case. Its value keeps the case.
  const { arn } = mapping;
  const name = arn === undefined || address.name === "" ? address.name : arn.slice(arn.lastIndexOf("/") + 1);
  return { ...address, name, mapping };
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
  if (stored.secure) {
    throw usage(
      `${name} must be of type String, not SecureString. Nothing was written. Remove it first (mappings remove).`,
    );
  }
  const list = parseStored(stored.value);
  if (!Array.isArray(list)) {
    const advice = "Restore an earlier version first (mappings rollback), or remove it (mappings remove).";
    throw usage(`${name} is not a JSON list. Nothing was written. ${advice}`);
  }
  const scope = { account: name.slice(name.lastIndexOf("/") + 1), ...(partition !== undefined && { partition }) };
  for (const [index, item] of list.entries()) {
    const check = kind === "deny" ? checkDenyEntry(item, scope) : checkMapping(item, kind);
    if (check.valid || isChanged(item)) continue;
    const own = isObject(item) ? (item["arnLike"] ?? item["session"]) : undefined;
    const which = `entry ${index + 1}${typeof own === "string" ? ` (${own})` : ""}`;
    const advice = "Nothing was written. Fix or remove that entry first.";
    throw usage(`${name}: ${which} is invalid: ${check.problem}. ${advice}`);
  }
  return list;
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
