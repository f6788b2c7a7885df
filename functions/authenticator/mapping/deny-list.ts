// Deny lists: identities that are denied in spite of mappings. An invalid list denies every identity that it covers.

import type { EpochMs } from "../../lib/deadline.ts";
import { isObject } from "../../lib/json.ts";
import { isExpired } from "../../lib/not-after.ts";
import { quoted } from "../../lib/quoted.ts";
import { parseStored } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { arnPattern, arnSections, matchesGlob, matchesSections } from "./arn-like.ts";
import { endProblem, keyProblem } from "./mapping.ts";
import { matchesSomeSession, whyNeverMatches } from "./possible-arn.ts";

/** One entry of the JSON list at `<prefix>/deny/<account>` or `<prefix>/deny/any`. */
export interface DenyEntry {
  /** Pattern for a role, user, federated user, root, or session (`arn:aws:sts::<account>:assumed-role/<role>/<session>`). */
  readonly arnLike: string;
  /** RFC 3339, in UTC. From that instant, the entry is ignored. */
  readonly notAfter?: string;
  readonly description?: string;
}

/** The identities that a list covers, as far as known. An entry for other identities can never match. */
export interface DenyScope {
  /** Account of the list: 12 digits, or `any`. Default: `any`. */
  readonly account?: string;
  /** The function's partition, such as `aws-cn`. Default: any partition. */
  readonly partition?: string;
}

export type DenyCheck =
  | { readonly valid: true; readonly entry: DenyEntry }
  | { readonly valid: false; readonly problem: string };

const KEYS = ["arnLike", "notAfter", "description"];

/** `value` is an entry of a list from `parseStored`. The problem is a phrase for an operator. */
export function checkDenyEntry(value: unknown, scope: DenyScope): DenyCheck {
  const problem = entryProblem(value, scope);
  return problem === undefined ? { valid: true, entry: value as unknown as DenyEntry } : { valid: false, problem };
}

function entryProblem(value: unknown, scope: DenyScope): string | undefined {
  if (!isObject(value)) return "not a JSON object";
  const problem = keyProblem(value, KEYS) ?? endProblem(value);
  if (problem !== undefined) return problem;
  const { arnLike } = value;
  if (typeof arnLike !== "string") return `arnLike must be an ARN pattern, not ${quoted(arnLike)}`;
  return whyNeverMatches(withoutPath(arnLike), "canonical-or-session") ?? whyForeign(arnLike, scope);
}

/** Why a pattern matches no identity that the list covers, although it may match others. */
function whyForeign(arnLike: string, { account = "any", partition }: DenyScope): string | undefined {
  const [, ofPartition = "", , , ofAccount = ""] = arnSections(arnLike) ?? [];
  const isOwn =
    (partition === undefined || matchesGlob(ofPartition, partition)) &&
    (account === "any" || matchesGlob(ofAccount, account));
  if (isOwn) return undefined;
  const of = partition === undefined ? "" : ` of partition ${partition}`;
  return `arnLike ${quoted(arnLike)} can never match: this list covers account ${account}${of} only`;
}

/** Whether an entry matches this identity. Ignores `notAfter`. */
export function isDenied({ arnLike }: DenyEntry, identity: VerifiedIdentity): boolean {
  const pattern = arnPattern(withoutPath(arnLike));
  return identityArns(identity).some((arn) => matchesSections(pattern, arnSections(arn)));
}

/**
 * Includes a user's ARN without path, since the path can change (iam:UpdateUser). Excludes the path of a role in an
 * AWS-signed token: STS does not return it for other tokens, and both kinds must have the same answers.
 */
export function identityArns(identity: VerifiedIdentity): string[] {
  const { kind, partition, accountId, name, canonicalArn, arn } = identity;
  if (isSessionUnknown(identity)) return [canonicalArn];
  return [canonicalArn, arn, ...(kind === "user" ? [`arn:${partition}:iam::${accountId}:user/${name}`] : [])];
}

/** An AWS-signed token contains the role, but not its session. */
function isSessionUnknown({ kind, claims }: VerifiedIdentity): boolean {
  return kind === "role" && claims !== undefined;
}

const ROLE_OR_USER_WITH_PATH = /^(arn:[^:*?]+:iam::\d{12}:(?:role|user)\/)[^*?]*\/([^:*?/]+)$/i;

/** Removes the path from an ARN without wildcards: names are unique in an account, and paths can change. */
export function withoutPath(arnLike: string): string {
  return arnLike.replace(ROLE_OR_USER_WITH_PATH, "$1$2");
}

export type DenyListCheck =
  | { readonly valid: true; readonly entries: readonly DenyEntry[] }
  | { readonly valid: false; readonly problem: string; readonly invalidCount: number };

/** Checks the value of a parameter. The problem is the first invalid entry's, with its number, starting at 1. */
export function checkDenyList({ value, secure }: StoredParameter, scope: DenyScope): DenyListCheck {
  if (secure) return { valid: false, problem: "a SecureString: it must be of type String", invalidCount: 1 };
  const list = parseStored(value);
  if (!Array.isArray(list)) {
    return { valid: false, problem: list === undefined ? "not JSON" : "not a JSON list", invalidCount: 1 };
  }
  const entries: DenyEntry[] = [];
  const problems: string[] = [];
  for (const [index, item] of list.entries()) {
    const check = checkDenyEntry(item, scope);
    if (check.valid) entries.push(check.entry);
    else problems.push(`entry ${index + 1}: ${check.problem}`);
  }
  const [problem] = problems;
  return problem === undefined ? { valid: true, entries } : { valid: false, problem, invalidCount: problems.length };
}

/** Can cache by parameter, since the scope of a parameter never changes: its name contains the account. */
const readDenyList = oncePerRead((stored, scope: DenyScope) => {
  const check = checkDenyList(stored, scope);
  if (!check.valid) return check;
  const entries = check.entries.map(({ arnLike, notAfter }) => ({
    pattern: arnPattern(withoutPath(arnLike)),
    notAfter,
  }));
  return { valid: true, entries } as const;
});

/** `invalid` denies every identity that the list covers, since an invalid entry could be meant for any of them. */
export function evaluateDenyList(
  stored: StoredParameter | undefined,
  scope: DenyScope,
  identity: VerifiedIdentity,
  now: EpochMs,
) {
  if (stored === undefined) return NOTHING;
  const list = readDenyList(stored, scope);
  if (!list.valid) {
    return { verdict: { kind: "invalid", problem: list.problem }, invalidCount: list.invalidCount } as const;
  }
  const arns = identityArns(identity).map(arnSections);
  const denying = list.entries.filter(
    ({ pattern, notAfter }) => arns.some((arn) => matchesSections(pattern, arn)) && !isExpired(notAfter, now),
  );
  if (denying.length === 0) {
    const mayDeny =
      isSessionUnknown(identity) &&
      list.entries.some(({ pattern, notAfter }) => matchesSomeSession(pattern, identity) && !isExpired(notAfter, now));
    return mayDeny ? UNKNOWN : NOTHING;
  }
  const { kind, arn, canonicalArn } = identity;
  const canonical = arnSections(canonicalArn);
  const isOfRole = denying.some(({ pattern }) => matchesSections(pattern, canonical));
  const sessionOnly = kind === "role" && !isOfRole && { sessionArn: arn };
  return { verdict: { kind: "deny", ...sessionOnly }, invalidCount: 0 } as const;
}

const UNKNOWN = {
  verdict: { kind: "unknown", problem: "it denies a session of this role, which may be this one" },
  invalidCount: 0,
} as const;
const NOTHING = { verdict: { kind: "nothing" }, invalidCount: 0 } as const;
