// Finds the parameter for `<who>`: an ARN, an ARN pattern or a parameter's name.

import { INSTANCE_IDENTITY_REFUSED } from "../../functions/authenticator/identity/identity.ts";
import { secondArnProblem } from "../../functions/authenticator/mapping/arn.ts";
import {
  isListKind,
  isOfSet,
  KINDS,
  kindsWhere,
  type ParameterKind,
} from "../../functions/authenticator/mapping/kinds.ts";
import {
  denyParameter,
  isPermissionSet,
  mappingParameter,
  type ParameterAddress,
  permissionSetOf,
  readName,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { usage } from "../io/errors.ts";
import { accountOf, arnsOfAddress, type Entry, nameOfEntry } from "./entry.ts";
import type { MappingNames } from "./evaluation.ts";
import { GROUP_FAULT, readMapping } from "./file-entry.ts";
import type { EntryKey } from "./stored.ts";
import { DENY_HELP, TARGET_HELP } from "./target-help.ts";

/** What to search: with `account`, only that account's parameters. */
interface SearchScope {
  readonly review: MappingNames;
  readonly account?: string;
}

export interface Target {
  readonly parameter: string;
  readonly address: ParameterAddress;
  /** The keys of the value that identify the principal. */
  readonly key: { readonly arn?: string } & EntryKey;
}

const NAMED_KINDS = kindsWhere((kind) => KINDS[kind].path === "named").join("|");

const NAMED = new RegExp(String.raw`^(${NAMED_KINDS})/(\d{12})/(.+)$`);

/**
 * Finds the parameter. Throws if `who` names no mapping, or one of another account than --account.
 *
 * @param session the value of --session
 */
export function findTarget(
  { review: { prefix }, account }: SearchScope,
  who: string,
  session?: string,
): Target {
  const named = targetOf(prefix, who);
  checkWildcard(who);
  checkSession(session);
  const target = session === undefined ? named : ofSession(prefix, named.address, who, session);
  checkAccount(account, target.address, target.parameter);
  return target;
}

/**
 * Throws for other accounts than --account: users with that option often have no other permissions.
 */
export function checkAccount(
  account: string | undefined,
  address: { readonly account: string },
  what: string,
): void {
  if (account === undefined || address.account === account) return;
  const reason =
    address.account === "any" ? "applies to any account" : `belongs to account ${address.account}`;
  throw usage(`${what} ${reason}, not to --account ${account}.`);
}

/** Throws for entries of a file that are for other accounts than --account. */
export function checkAccounts(account: string | undefined, entries: readonly Entry[]): void {
  for (const entry of entries) checkAccount(account, entry, nameOfEntry(entry, "The"));
}

function ofSession(
  prefix: string,
  { kind, account, name }: ParameterAddress,
  who: string,
  session: string,
): Target {
  if (!isOfSet(kind)) {
    throw usage(
      `--session requires a permission set (sso/<account>/<permission set>), not ${who}. Only IAM Identity Center sets ` +
        "the session name. For other roles, the caller chooses it.",
    );
  }
  return at(prefix, { kind: "sso-session", account, name }, { session });
}

function targetOf(prefix: string, who: string): Target {
  checkTyping(who);
  if (who.startsWith("arn:")) return ofArn(prefix, who);
  const parameter = who.startsWith("/") ? who : `${prefix}/${who}`;
  const address = readName(prefix, parameter);
  if (address !== undefined) return { parameter, address, key: {} };
  if (/^group\//i.test(who)) throw usage(`${who}: ${GROUP_FAULT}.`);
  const [, kind, account, name] = NAMED.exec(who) ?? [];
  if (kind === undefined || account === undefined || name === undefined) {
    const problem =
      who === "" ? "<who> must not be empty." : `${who} is not the name of a mapping.`;
    throw usage(problem, ...TARGET_HELP.split("\n"));
  }
  if (isOfSet(kind as ParameterKind) && !isPermissionSet(name)) {
    const set = permissionSetOf(name);
    const advice = name.includes("/")
      ? " Use --session for a session."
      : set && ` Use ${kind}/${account}/${set}.`;
    throw usage(`${name} is not the name of a permission set.${advice ?? ""}`);
  }
  return at(prefix, { kind: kind as ParameterKind, account, name }, {});
}

/** Throws for a wildcard in the name of a mapping. `mappings deny` accepts one, as a pattern. */
function checkWildcard(who: string): void {
  if (who.startsWith("arn:") || !/[*?]/.test(who)) return;
  throw usage(
    `"${who}" has a wildcard, which the name of a mapping cannot have: give each name (mappings list -o name prints them).`,
    "For a pattern, give its ARN, such as 'arn:aws:iam::111122223333:role/team-*'.",
  );
}

function ofArn(prefix: string, arn: string): Target {
  const key = /[*?]/.test(arn) ? { arnLike: arn } : { arn };
  // The username is a placeholder: only the address is used.
  const entry = readMapping({ ...key, username: "any" });
  if (!entry.valid) throw usage(`${arn}: ${entry.problem}.`);
  return at(prefix, entry.value, key);
}

function at(prefix: string, { kind, account, name }: ParameterAddress, key: Target["key"]): Target {
  return {
    parameter: mappingParameter(prefix, kind, account, name),
    address: { kind, account, name },
    key,
  };
}

/**
 * Returns the partition of an ARN or ARN pattern; `undefined` for any other `<who>`, and if the
 * partition is a pattern.
 */
export function partitionIn(who: string): string | undefined {
  return /^arn:([a-z-]+):/.exec(who)?.[1];
}

/** Throws for text that cannot be an ARN or the name of a mapping because of how it was typed. */
export function checkTyping(who: string): void {
  const fault = FAULTS.find(([pattern]) => pattern.test(who))?.[1];
  if (fault !== undefined) throw usage(`"${who}" ${fault(who)}.`);
}

/**
 * Matches the name of a parameter after another identity, or names with @ around a comma, which a
 * name may contain. `checkOneArn` reports the second of two ARNs: `mappings allow` accepts them, to
 * remove such a denial.
 */
const SEVERAL = /(?<![\w.:-])(?:arn:|[a-z-]+\/\d{12}\/).*(?<![\w.:-])[a-z-]+\/\d{12}\/|@[^,]*,.*@/i;

/** Throws for several names in --session. A session's name may contain a comma. */
function checkSession(session: string | undefined): void {
  if (session === undefined || !/@[^,]*,.*@/.test(session)) return;
  throw usage(`--session ${session} has several names: give one for each command.`);
}

/** Matches the ARN, or the name of a mapping with or without its account. */
const INSTANCE_IDENTITY =
  /^(?:arn:[a-z-]+:(?:iam|sts)::[\d*]*:(?:assumed-)?)?role\/(?:\d{12}\/)?aws:ec2-instance(?:\/|$)/i;

/**
 * The mistakes in an identity, each with the function that makes its phrase, beside those of every
 * text (typing.ts). The first one that matches is reported.
 */
const FAULTS: readonly (readonly [pattern: RegExp, fault: (who: string) => string])[] = [
  [INSTANCE_IDENTITY, () => `is ${INSTANCE_IDENTITY_REFUSED}`],
  [/^(?!arn:)[Aa][Rr][Nn]:/, () => "must begin with arn: in lower case"],
  [/^(?!arn:).+arn:/i, () => "has text before arn: remove it"],
  [/^(?!arn:).*\s/, () => "contains a space: give one identity for each argument"],
  [SEVERAL, () => "has several identities: give one for each argument"],
  [
    new RegExp(String.raw`^(?:${NAMED_KINDS})/(?!\d{12}/)`),
    () => "has no account of 12 digits before its name",
  ],
  [
    /^[\w+=,.@-]*,[\w+=,.@-]*$/,
    () => "contains a comma: give one name. For a session, use sso/<account>/<set> --session",
  ],
  [/^\d{12}$/, (who) => `is an account. For every identity of it, use account/${who}`],
  [
    /^[\w+=,.@-]+$/,
    (who) =>
      `is only a name. Add its kind and account, such as role/111122223333/${who}, or use an ARN`,
  ],
];

/** What an incident shows of an identity instead of its name or ARN. */
export type Trace = "access key" | "unique id" | "username";

/**
 * Returns what the text is: a username in kube-apiserver's audit log, or an id in CloudTrail;
 * `undefined` for anything else.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function traceIn(who: string): Trace | undefined {
  if (/^A(?:KI|SI)A[A-Z\d]{12,}$/.test(who)) return "access key";
  if (/^A(?:RO|ID)A[A-Z\d]{12,}$/.test(who)) return "unique id";
  return /^(?!arn:)[\w.@+=-]+:(?!.*arn:)\S+$/i.test(who) ? "username" : undefined;
}

/** Throws for several ARNs in one argument. */
export function checkOneArn(who: string): void {
  const problem = secondArnProblem(who);
  if (problem !== undefined) throw usage(`${who}: ${problem}.`);
}

/**
 * Returns the denial and its list. Throws if `who` names no principal, or one of another account
 * than --account.
 */
export function findDenyTarget(
  { review, account }: SearchScope,
  who: string,
  session: string | undefined,
) {
  if (NAME_WITH_COMMA.test(who)) throw usage(adviceOnComma(who, review, account));
  checkTyping(who);
  if (/^arn:[^:]*:iam:[^:]*:[^:]*:group\//i.test(who)) throw usage(`${who}: ${GROUP_FAULT}.`);
  checkSession(session);
  const arn = who.startsWith("arn:") ? who : arnOf(who, review);
  const arnLike = session === undefined ? arn : sessionArn(arn, session, who);
  const list = accountOf(arnLike);
  checkAccount(account, { account: list }, arnLike);
  return { parameter: denyParameter(review.prefix, list), arnLike };
}

/** A session or user name with a comma, which AWS allows, or several names. */
const NAME_WITH_COMMA = /^(?!.*@.*@)[\w+=,.@-]*,[\w+=,.@-]*$/;

function adviceOnComma(who: string, { partition }: MappingNames, account = "*"): string {
  const [session, user] = [`sts::${account}:assumed-role/*/${who}`, `iam::${account}:user/${who}`];
  return (
    `"${who}" contains a comma: give one name. For one person whose name has a comma, use ` +
    `'arn:${partition}:${session}' for sessions, and arn:${partition}:${user} for an IAM user.`
  );
}

/**
 * Returns the ARN of a mapping's name such as `role/111122223333/developers`; of a permission set,
 * a pattern for its role.
 */
export function arnOf(who: string, review: MappingNames): string {
  const { address } = targetOf(review.prefix, who);
  if (isListKind(address.kind)) {
    throw usage(`${who} is a list. Name one identity or pattern.`, ...DENY_HELP.split("\n"));
  }
  return `arn:${review.partition}:${arnsOfAddress(address).arns[0]}`;
}

function sessionArn(arn: string, session: string, who: string): string {
  const [, partition, account, role] =
    /^arn:([^:]+):iam::([^:]+):role\/(?:.*\/)?([^/]+)$/i.exec(arn) ?? [];
  if (role === undefined) throw usage(`--session requires a role or a permission set, not ${who}.`);
  return `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`;
}
