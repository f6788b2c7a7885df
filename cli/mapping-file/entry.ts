// One mapping and its place, as a file or a command line writes it, and back.

import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { checkMapping, type Mapping, type MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { isObject } from "../../functions/lib/json.ts";

export interface Entry {
  readonly kind: MappingKind;
  /** Twelve digits, or `any` for patterns of any account. */
  readonly account: string;
  /** Of the role, user, federated user or permission set; else empty. */
  readonly name: string;
  readonly mapping: Mapping;
}

/** A phrase for the user. */
export interface Problem {
  readonly problem: string;
}

/** In a file, a mapping has one of `arn`, `arnLike` and `permissionSet`, or `account` alone. */
export function readEntry(item: unknown): Entry | Problem {
  if (!isObject(item)) return { problem: "not an object with keys" };
  const { account, permissionSet, ...value } = item;
  if (value["arn"] !== undefined && value["arnLike"] !== undefined) return { problem: "both arn and arnLike" };
  const place = readPlace(value, account, permissionSet);
  if ("problem" in place) return place;
  const check = checkMapping(value, place.kind);
  return check.valid ? { ...place, mapping: check.mapping } : { problem: check.problem };
}

type Place = Omit<Entry, "mapping">;

function readPlace(value: Record<string, unknown>, account: unknown, permissionSet: unknown): Place | Problem {
  const { arn, arnLike } = value;
  if (arn !== undefined) {
    if (account !== undefined || permissionSet !== undefined) return { problem: "arn says all: no account beside it" };
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (mapped === undefined) return { problem: "arn is no ARN of a role, user, root or federated user" };
    return { kind: mapped.kind, account: mapped.accountId, name: mapped.name };
  }
  if (arnLike !== undefined) {
    if (permissionSet !== undefined) return { problem: "both arnLike and permissionSet" };
    const ofPattern = account ?? (typeof arnLike === "string" ? accountOf(arnLike) : "any");
    return ofPattern === "any" || isAccount(ofPattern) ? place("pattern", ofPattern) : { problem: ACCOUNT };
  }
  if (!isAccount(account)) return { problem: account === undefined ? "none of arn, arnLike and account" : ACCOUNT };
  if (permissionSet === undefined) return place("account", account);
  // https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
  if (typeof permissionSet !== "string" || !/^[\w+=,.@-]{1,32}$/.test(permissionSet)) {
    return { problem: "permissionSet is no name of a permission set" };
  }
  return { kind: "sso", account, name: permissionSet };
}

/** YAML reads digits without quotes as a number, and drops leading zeros. */
const ACCOUNT = 'account is no text of twelve digits (in YAML, in quotes: "111122223333")';

function isAccount(value: unknown): value is string {
  return typeof value === "string" && /^\d{12}$/.test(value);
}

function place(kind: MappingKind, account: string): Place {
  return { kind, account, name: "" };
}

/** Where a pattern stands when nothing else is said: with its own account, if it names one. */
function accountOf(arnLike: string): string {
  const section = arnLike.split(":")[4];
  return isAccount(section) ? section : "any";
}

/** For a file; `readEntry` gives the same entry again. */
export function writeEntry({ kind, account, name, mapping }: Entry): Record<string, unknown> {
  const { arn, arnLike, username, groups, ...rest } = mapping;
  const isImplied = kind !== "pattern" || accountOf(arnLike ?? "") === account;
  return {
    ...(arn !== undefined && { arn }),
    ...(arnLike !== undefined && { arnLike }),
    ...(kind === "sso" && { permissionSet: name }),
    ...((kind === "sso" || kind === "account" || !isImplied) && { account }),
    ...(username !== undefined && { username }),
    ...(groups !== undefined && { groups }),
    ...rest,
  };
}
