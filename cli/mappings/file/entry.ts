// One mapping, as a file or a command line writes it, and back.

import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { checkMapping, type Mapping, type MappingKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { printable } from "../../terminal/table.ts";
import { arnProblem } from "./arn-problem.ts";

export interface Entry {
  readonly kind: MappingKind;
  /** Twelve digits, or `any` for patterns of any account. */
  readonly account: string;
  /** Of the role, user, federated user or permission set (also of one session of it); else empty. */
  readonly name: string;
  readonly mapping: Mapping;
}

/** A phrase for the user. */
export interface Problem {
  readonly problem: string;
}

/** In a file, a mapping has one of `arn`, `arnLike` and `permissionSet` (with or without `session`), or `account` alone. */
export function readEntry(item: unknown): Entry | Problem {
  if (!isObject(item)) return { problem: "must be a mapping with keys such as arn and username" };
  const { account, permissionSet, ...value } = item;
  if (value["arn"] !== undefined && value["arnLike"] !== undefined)
    return { problem: "has both arn and arnLike: keep one" };
  const unquoted = unquotedPlaceholder(value);
  if (unquoted !== undefined) return { problem: unquoted };
  if (value["session"] !== undefined && permissionSet === undefined) return { problem: SESSION };
  const address = readAddress(value, account, permissionSet);
  if ("problem" in address) return address;
  const check = checkMapping(value, address.kind);
  return check.valid ? { ...address, mapping: check.mapping } : { problem: check.problem };
}

/** Without quotes, YAML reads `{SessionName}` as a mapping with a key and no value. */
function unquotedPlaceholder({ username, groups }: Record<string, unknown>): string | undefined {
  for (const text of [username, ...(Array.isArray(groups) ? (groups as unknown[]) : [])]) {
    const [[name, value] = [], ...others] = isObject(text) ? Object.entries(text) : [];
    if (name === undefined || value !== null || others.length > 0) continue;
    return `put {${printable(name)}} in quotes, as in "{${printable(name)}}": without them, YAML does not read it as text`;
  }
  return undefined;
}

/** https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html */
export const PERMISSION_SET = /^[\w+=,.@-]{1,32}$/;

type Address = Omit<Entry, "mapping">;

function readAddress(value: Record<string, unknown>, account: unknown, permissionSet: unknown): Address | Problem {
  const { arn, arnLike, session } = value;
  if (arn !== undefined) {
    if (account !== undefined || permissionSet !== undefined)
      return { problem: "arn names the principal: remove account and permissionSet" };
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (mapped === undefined) return { problem: arnProblem(arn) };
    return { kind: mapped.kind, account: mapped.accountId, name: mapped.name };
  }
  if (arnLike !== undefined) {
    if (permissionSet !== undefined) return { problem: "has both arnLike and permissionSet: keep one" };
    const implied = typeof arnLike === "string" ? accountOf(arnLike) : "any";
    const ofPattern = account === undefined ? implied : account;
    return ofPattern === "any" || isAccount(ofPattern) ? unnamed("pattern", ofPattern) : { problem: ACCOUNT };
  }
  if (!isAccount(account))
    return {
      problem: account === undefined ? "must have arn, arnLike, or account (alone, or with permissionSet)" : ACCOUNT,
    };
  if (permissionSet === undefined) return unnamed("account", account);
  if (typeof permissionSet !== "string" || !PERMISSION_SET.test(permissionSet)) {
    return { problem: "permissionSet must be the name of a permission set" };
  }
  return { kind: session === undefined ? "sso" : "sso-session", account, name: permissionSet };
}

const SESSION =
  "session needs permissionSet and account: only IAM Identity Center sets the session name itself, anyone who assumes " +
  "another role chooses it";

/** Without quotes, YAML reads a number, and drops leading zeros. */
const ACCOUNT = 'account must be 12 digits in quotes, such as "111122223333"';

function isAccount(value: unknown): value is string {
  return typeof value === "string" && /^\d{12}$/.test(value);
}

function unnamed(kind: MappingKind, account: string): Address {
  return { kind, account, name: "" };
}

/** The list that a pattern belongs in where nothing else is said: its own account's, or that of any account. */
export function accountOf(arnLike: string): string {
  const section = arnLike.split(":")[4];
  return isAccount(section) ? section : "any";
}

/** Whom an entry is for, in a message: its ARN or pattern, or such as `sso/111122223333/ClusterAdmin`. */
export function nameOfEntry({ kind, account, name, mapping }: Entry): string {
  const { arn, arnLike, session } = mapping;
  return arn ?? arnLike ?? `${kind}/${account}${name && `/${name}`}${session === undefined ? "" : ` (${session})`}`;
}

/** For a file; `readEntry` gives the same entry again. */
export function writeEntry({ kind, account, name, mapping }: Entry): Record<string, unknown> {
  const { arn, arnLike, session, username, groups, ...rest } = mapping;
  const isOfSet = kind === "sso" || kind === "sso-session";
  const isImplied = kind !== "pattern" || accountOf(arnLike ?? "") === account;
  return {
    ...(arn !== undefined && { arn }),
    ...(arnLike !== undefined && { arnLike }),
    ...(isOfSet && { permissionSet: name }),
    ...((isOfSet || kind === "account" || !isImplied) && { account }),
    ...(session !== undefined && { session }),
    ...(username !== undefined && { username }),
    ...(groups !== undefined && { groups }),
    ...rest,
  };
}
