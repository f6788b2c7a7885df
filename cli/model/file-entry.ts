// Reads and writes one mapping or denial as an entry of a mapping file.

import {
  INSTANCE_IDENTITY_REFUSED,
  isInstanceIdentity,
} from "../../functions/authenticator/identity/identity.ts";
import { parseMappedArn, secondArnProblem } from "../../functions/authenticator/mapping/arn.ts";
import { checkDenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import {
  hasArn,
  isOfSet,
  KINDS,
  kindsWhere,
  type MappingKind,
} from "../../functions/authenticator/mapping/kinds.ts";
import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import {
  isPermissionSet,
  type ParameterAddress,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { type Checked, invalid } from "../../functions/lib/checked.ts";
import { isObject } from "../../functions/lib/json.ts";
import { asciiLowerCase, orDidYouMean } from "../../functions/lib/text.ts";
import { printable } from "../io/print.ts";
import { accountOf, type Entry, given, inOrder, nameOfEntry } from "./entry.ts";

const SECTIONS = 6;

const EXAMPLE = "arn:aws:iam::111122223333:role/Developers";

/** Returns a phrase about the invalid part of an ARN; `undefined` for an ARN of a session. */
export function arnFault(arn: string): string | undefined {
  if (arn !== arn.trim()) return "it begins or ends with a space";
  const sections = arn.split(":");
  const [start, , service = "", region, account = "", ...rest] = sections;
  if (start !== "arn") return `it must begin with arn:, as in ${EXAMPLE}`;
  if (sections.length < SECTIONS) {
    return `it has ${sections.length} parts between colons, not ${SECTIONS}, as in ${EXAMPLE}`;
  }
  if (service !== "iam" && service !== "sts")
    return `its service must be iam, not ${service || "empty"}`;
  if (region !== "") return `its region must be empty, as in ${EXAMPLE}`;
  if (!/^\d{12}$/.test(account)) {
    return /^\d+$/.test(account)
      ? `its account has ${account.length} digits, not 12`
      : `its account must be 12 digits, not ${account || "empty"}`;
  }
  return resourceFault(rest.join(":"));
}

export const GROUP_FAULT =
  "STS does not report a user's groups. Map a permission set (sso/<account>/<set>), a role, or each user";

const WITH_NAME = kindsWhere((kind) => hasArn(kind) && KINDS[kind].path === "named");

function resourceFault(resource: string): string | undefined {
  if (isInstanceIdentity(resource)) return `it is ${INSTANCE_IDENTITY_REFUSED}`;
  if (/^assumed-role\//i.test(resource)) return undefined;
  if (/^group\//i.test(resource)) return GROUP_FAULT;
  if (/^instance-profile\//i.test(resource)) return "name the role of the instance profile";
  if (!WITH_NAME.some((kind) => asciiLowerCase(resource).startsWith(`${kind}/`))) {
    return `after the account, it must have role/, user/ or root, not ${resource || "nothing"}`;
  }
  return "its name is missing, or has a character that IAM does not allow";
}

/**
 * Reads a mapping of a file, which has `arn`, `arnLike`, `account`, or `account` with
 * `permissionSet` and optionally `session`.
 */
export function readMapping(item: unknown): Checked<Entry> {
  if (!isObject(item)) return invalid("must be a mapping with keys such as arn and username");
  if (item["deny"] !== undefined) return invalid(denyProblem(item));
  const { account, permissionSet, ...value } = item;
  if (value["arn"] !== undefined && value["arnLike"] !== undefined)
    return invalid("has arn and arnLike: keep one");
  const problem = secondArnProblem(value["arn"] ?? value["arnLike"]) ?? unquotedPlaceholder(value);
  if (problem !== undefined) return invalid(problem);
  if (value["session"] !== undefined && permissionSet === undefined) return invalid(SESSION);
  const address = readAddress(value, account, permissionSet);
  if (!address.valid) return address;
  const check = checkMapping(value, address.value.kind);
  if (!check.valid) return invalid(withMeantKey(check.problem));
  return { valid: true, value: { ...address.value, mapping: check.value } };
}

/** Adds the key that was meant to the phrase about an unknown one, which the function shares. */
function withMeantKey(problem: string): string {
  return problem.replace(
    /^unknown key "(.*)"(?=: the keys are (.*)$)/,
    (phrase, key: string, keys: string) =>
      `${phrase}${orDidYouMean(key, [...keys.split(", "), "account", "permissionSet"])}`,
  );
}

/**
 * Reads a denial. Its list is that of the account in its ARN, or beside its name; otherwise `any`.
 */
export function readDenial(item: unknown): Checked<Entry> {
  const { account, ...value } = isObject(item) ? item : {};
  const check = checkDenyEntry(isObject(item) ? value : item, {});
  if (!check.valid) return invalid(withMeantKey(check.problem));
  const { value: entry } = check;
  const denial = { kind: "deny", name: "", mapping: inOrder(entry) } as const;
  if ("name" in entry) {
    const list = account ?? "any";
    if (list !== "any" && !isAccount(list)) return invalid(accountProblem(account));
    return { valid: true, value: { ...denial, account: list } };
  }
  if (account !== undefined) return invalid("arnLike contains the account: remove account");
  const second = secondArnProblem(entry.arnLike);
  if (second !== undefined) return invalid(second);
  return { valid: true, value: { ...denial, account: accountOf(entry.arnLike) } };
}

/**
 * Returns a phrase for the user about a denial that can never match in this partition, or
 * `undefined`.
 */
export function foreignProblem(entry: Entry, partition: string): string | undefined {
  if (entry.kind !== "deny") return undefined;
  const check = checkDenyEntry(entry.mapping, { account: entry.account, partition });
  return check.valid ? undefined : `${nameOfEntry(entry)}: ${check.problem}`;
}

/**
 * Returns the denial to write instead. That of a permission set or account needs a pattern, which
 * depends on the partition.
 */
function denyProblem({
  deny,
  arn,
  arnLike = arn,
  notAfter,
  description,
}: Record<string, unknown>): string {
  if (deny === false) return "a mapping must not have the key deny: delete it";
  const denial = given({ arnLike: arnLike ?? "<ARN or pattern>", notAfter, description });
  return `a mapping must not have the key deny. Delete the mapping, and write this denial in the file: {"deny": [${printable(JSON.stringify(denial))}]}`;
}

/**
 * Returns advice about a placeholder without quotes: YAML reads `{SessionName}` as a mapping with a
 * key and no value.
 */
function unquotedPlaceholder({ username, groups }: Record<string, unknown>): string | undefined {
  for (const text of [username, ...(Array.isArray(groups) ? (groups as unknown[]) : [])]) {
    const [[name, value] = [], ...others] = isObject(text) ? Object.entries(text) : [];
    if (name === undefined || value !== null || others.length > 0) continue;
    return `put {${printable(name)}} in quotes, as in "{${printable(name)}}": without quotes, YAML does not read it as text`;
  }
  return undefined;
}

type Address = ParameterAddress & { readonly kind: MappingKind };

function readAddress(
  value: Record<string, unknown>,
  account: unknown,
  permissionSet: unknown,
): Checked<Address> {
  const { arn, arnLike, session } = value;
  if (arn !== undefined) {
    const isAlone = account === undefined && permissionSet === undefined;
    return isAlone
      ? addressOfArn(arn)
      : invalid("arn names the principal: remove account and permissionSet");
  }
  if (arnLike !== undefined) {
    if (permissionSet !== undefined) return invalid("has both arnLike and permissionSet: keep one");
    return addressOfPattern(arnLike, account);
  }
  if (account === undefined)
    return invalid(permissionSet === undefined ? NO_PRINCIPAL : NO_ACCOUNT);
  if (!isAccount(account)) return invalid(accountProblem(account));
  if (permissionSet === undefined) return unnamed("account", account);
  if (typeof permissionSet !== "string" || !isPermissionSet(permissionSet)) {
    return invalid("permissionSet must be the name of a permission set");
  }
  const kind = session === undefined ? "sso" : "sso-session";
  return { valid: true, value: { kind, account, name: permissionSet } };
}

function addressOfArn(arn: unknown): Checked<Address> {
  const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
  if (mapped === undefined) return invalid(arnProblem(arn));
  const { kind, accountId: account, name } = mapped;
  return { valid: true, value: { kind, account, name } };
}

/** Returns the address of a pattern. Without an account, it is that in the pattern's ARN. */
function addressOfPattern(arnLike: unknown, given: unknown): Checked<Address> {
  const implied = typeof arnLike === "string" ? accountOf(arnLike) : "any";
  const account = given === undefined ? implied : given;
  if (account !== "any" && !isAccount(account)) return invalid(accountProblem(account));
  return unnamed("pattern", account);
}

const SESSION =
  "session requires permissionSet and account: only IAM Identity Center sets the session name; for other roles, the " +
  "caller chooses it";

const NO_PRINCIPAL = "must have arn, arnLike or account (optionally with permissionSet)";

const NO_ACCOUNT = 'permissionSet requires its account: add account: "111122223333"';

/**
 * Returns the problem of an account. Without quotes, YAML reads a number, and drops leading zeros.
 */
function accountProblem(account: unknown): string {
  return typeof account === "number" && isAccount(String(account))
    ? `account must be a text: put it in quotes, as in account: "${account}"`
    : 'account must be 12 digits in quotes, such as "111122223333"';
}

function isAccount(value: unknown): value is string {
  return typeof value === "string" && /^\d{12}$/.test(value);
}

function unnamed(kind: MappingKind, account: string): Checked<Address> {
  return { valid: true, value: { kind, account, name: "" } };
}

/** Returns the entry of a file: the inverse of `readMapping` and `readDenial`. */
export function writeEntry({ kind, account, name, mapping }: Entry): Record<string, unknown> {
  if (kind === "deny") {
    const { name: person, arnLike, ...rest }: { name?: string; arnLike?: string } = mapping;
    return given({
      arnLike,
      name: person,
      account: person && account !== "any" ? account : undefined,
      ...rest,
    });
  }
  const { arn, arnLike, session, username, groups, ...rest } = mapping;
  const isShown = arnLike === undefined ? arn === undefined : accountOf(arnLike) !== account;
  const shown = {
    permissionSet: isOfSet(kind) ? name : undefined,
    account: isShown ? account : undefined,
  };
  return given({ arn, arnLike, ...shown, session, username, groups, ...rest });
}

/** Returns a phrase for the user about an `arn` that `parseMappedArn` rejects. */
function arnProblem(arn: unknown): string {
  if (typeof arn !== "string") return MUST;
  const fault = arnFault(arn);
  const [, partition, account, role] =
    /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)/.exec(arn) ?? [];
  if (role !== undefined && fault === undefined) {
    return `arn must be the ARN of the role, not of a session: arn:${partition}:iam::${account}:role/${role}`;
  }
  return fault === undefined ? MUST : `${MUST}: ${fault}`;
}

const MUST = "arn must be the ARN of a role, user, root or federated user";
