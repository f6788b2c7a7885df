// One entry of a deny list: identities that are denied in spite of mappings.

import { type Checked, invalid } from "../../lib/checked.ts";
import { isObject } from "../../lib/json.ts";
import { asciiLowerCase, quoted } from "../../lib/text.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { arnPattern, arnSections, matchesGlob, matchesSections } from "./arn.ts";
import { KINDS } from "./kinds.ts";
import { keyProblem, termsProblem } from "./mapping.ts";
import { notAnArnPattern, whyNeverMatches } from "./possible-arn.ts";

/**
 * One entry of the JSON list at `<prefix>/deny/<account>` or `<prefix>/deny/any`. A union without
 * common optional keys, so that code which reads only `arnLike` does not compile: to skip a name
 * grants access.
 */
export type DenyEntry = DeniedArn | DeniedName;

export interface DeniedArn extends DenialTerms {
  /**
   * Pattern for a role, user, federated user, root, or session
   * (`arn:aws:sts::<account>:assumed-role/<role>/<session>`).
   */
  readonly arnLike: string;
}

export interface DeniedName extends DenialTerms {
  /** Of a session, an IAM user or a federated user, in any case: see `isPersonName`. */
  readonly name: string;
}

interface DenialTerms {
  /** RFC 3339, in UTC. From that instant, the entry is ignored. */
  readonly notAfter?: string;
  readonly description?: string;
}

/**
 * The identities that a list covers, as far as known. An entry for other identities can never
 * match.
 */
export interface DenyScope {
  /** Account of the list: 12 digits, or `any`. Default: `any`. */
  readonly account?: string;
  /** The function's partition, such as `aws-cn`. Default: any partition. */
  readonly partition?: string | undefined;
}

/**
 * Checks an entry of a list from `parseStored`, and returns it with its type, or its problem as a
 * phrase for an operator.
 */
export function checkDenyEntry(value: unknown, scope: DenyScope): Checked<DenyEntry> {
  const problem = entryProblem(value, scope);
  return problem === undefined
    ? { valid: true, value: value as unknown as DenyEntry }
    : invalid(problem);
}

function entryProblem(value: unknown, scope: DenyScope): string | undefined {
  if (!isObject(value)) return "not a JSON object";
  const problem = keyProblem(value, KINDS.deny.keys) ?? termsProblem(value);
  if (problem !== undefined) return problem;
  const { arnLike, name } = value;
  if (name !== undefined) {
    if (arnLike !== undefined) return "has both arnLike and name: keep one";
    return isPersonName(name) ? undefined : `name must be ${PERSON_NAME}, not ${quoted(name)}`;
  }
  if (typeof arnLike !== "string") return notAnArnPattern(arnLike);
  return (
    whyNeverMatches(withoutPath(arnLike), "canonical-or-session") ?? whyForeign(arnLike, scope)
  );
}

/**
 * Returns why a pattern matches no identity that the list covers, although it may match others;
 * `undefined` if it can match one.
 */
function whyForeign(
  arnLike: string,
  { account = "any", partition }: DenyScope,
): string | undefined {
  const [, ofPartition = "", , , ofAccount = ""] = arnSections(arnLike) ?? [];
  const isOwn =
    (partition === undefined || matchesGlob(ofPartition, partition)) &&
    (account === "any" || matchesGlob(ofAccount, account));
  if (isOwn) return undefined;
  const of = partition === undefined ? "" : ` of partition ${partition}`;
  return `arnLike ${quoted(arnLike)} can never match: this list covers account ${account}${of} only`;
}

const PERSON_NAME = "a name of 2 to 64 characters (A-Za-z0-9_+=.@-), not an account or a key id";

/**
 * Returns whether a denial may have this name: it is valid for a session (`RoleSessionName`) and
 * for a user, and is neither an account nor the id of a key, user or role.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function isPersonName(name: unknown): boolean {
  return (
    typeof name === "string" &&
    /^(?!(?:\d{12}|A(?:KI|SI|RO|ID)A[A-Z\d]{12,})$)[\w+=.@-]{2,64}$/.test(name)
  );
}

/**
 * Returns the name, in lower case, by which an entry denies the identity; `undefined` for root and
 * for a role without its session.
 */
export function personNameOf({ kind, name, sessionName }: VerifiedIdentity): string | undefined {
  const person = kind === "role" ? sessionName : name || undefined;
  return person && asciiLowerCase(person);
}

/** Returns whether an entry matches this identity. Ignores `notAfter`. */
export function isDenied(entry: DenyEntry, identity: VerifiedIdentity): boolean {
  if ("name" in entry) return asciiLowerCase(entry.name) === personNameOf(identity);
  const pattern = arnPattern(withoutPath(entry.arnLike));
  return identityArns(identity).some((arn) => matchesSections(pattern, arnSections(arn)));
}

/**
 * Returns the ARNs that patterns are compared with. They include a user's ARN without path, since
 * the path can change (iam:UpdateUser). They exclude the path of a role in an AWS-signed token: STS
 * does not return it for other tokens, and both kinds must have the same answers.
 */
export function identityArns(identity: VerifiedIdentity): string[] {
  const { kind, partition, accountId, name, canonicalArn, arn } = identity;
  if (isSessionUnknown(identity)) return [canonicalArn];
  return [
    canonicalArn,
    arn,
    ...(kind === "user" ? [`arn:${partition}:iam::${accountId}:user/${name}`] : []),
  ];
}

/**
 * Returns whether the identity may be any session of its role: an AWS-signed token contains the
 * role, but not its session.
 */
export function isSessionUnknown({ kind, claims }: VerifiedIdentity): boolean {
  return kind === "role" && claims !== undefined;
}

const ROLE_OR_USER_WITH_PATH = /^(arn:[^:*?]+:iam::\d{12}:(?:role|user)\/)[^*?]*\/([^:*?/]+)$/i;

/**
 * Removes the path from an ARN without wildcards: names are unique in an account, and paths can
 * change.
 */
export function withoutPath(arnLike: string): string {
  return arnLike.replace(ROLE_OR_USER_WITH_PATH, "$1$2");
}
