// Checks whether an ARN pattern can match any identity: STS omits role paths, and names use a known
// alphabet.

import { asciiLowerCase, quoted } from "../../lib/text.ts";
import {
  INSTANCE_IDENTITY_REFUSED,
  isInstanceIdentity,
  type VerifiedIdentity,
} from "../identity/identity.ts";
import { type ArnSections, arnPattern, matchesGlob } from "./arn.ts";

/**
 * The ARNs that a pattern is compared with: only the canonical ARN, or also the session's ARN that
 * STS returns.
 */
type ComparedArns = "canonical" | "canonical-or-session";

/**
 * One character of a text, or a run of one or more characters. An optional one may also be missing.
 */
interface Token {
  readonly takes: (character: string) => boolean;
  readonly repeats: boolean;
  readonly isOptional?: boolean;
}
type Shape = readonly Token[];

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of names
 * and of session names
 */
const NAME = /[\w+=,.@-]/;
/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
 */
const PATH = /[\x21-\x7e]/;

/** Texts, and patterns for runs of characters, in their order. */
type Parts = readonly (string | RegExp)[];

/** What the ARN of a principal has in these sections. */
interface Principal {
  readonly service: string;
  readonly resource: Parts;
}

/** `aws` and `aws-cn`, not `asw`. */
const PARTITIONS: readonly Parts[] = [["aws"], ["aws-", /[a-z-]/]];
const ACCOUNT: Shape = Array.from({ length: 12 }, () => ({
  takes: (c: string) => /\d/.test(c),
  repeats: false,
}));
const CANONICAL: readonly Principal[] = [
  { service: "iam", resource: ["role/", NAME] },
  { service: "iam", resource: ["user/", NAME] },
  { service: "iam", resource: ["user/", PATH, "/", NAME] },
  { service: "iam", resource: ["root"] },
  { service: "sts", resource: ["federated-user/", NAME] },
];
const SESSION: Principal = { service: "sts", resource: ["assumed-role/", NAME, "/", NAME] };

/** Returns the problem of an `arnLike` that is not a string. */
export function notAnArnPattern(arnLike: unknown): string {
  return `arnLike must be an ARN pattern, not ${quoted(arnLike)}`;
}

/**
 * Returns why a pattern can never match, as a phrase for an operator; `undefined` if it can match.
 */
export function whyNeverMatches(arnLike: string, compared: ComparedArns): string | undefined {
  const sections = arnPattern(arnLike);
  if (sections === undefined)
    return `arnLike must be an ARN pattern of six sections, not ${quoted(arnLike)}`;
  if (canMatch(sections, compared === "canonical" ? CANONICAL : [...CANONICAL, SESSION]))
    return undefined;
  const [, , service, , , resource] = sections;
  return `arnLike ${quoted(arnLike)} can never match: ${hint(service, resource, compared)}`;
}

/**
 * Returns whether a pattern can match a session without matching the role, whatever the role's
 * name. An AWS-signed token does not contain its session, so such a denial denies all of them for
 * the roles of these sessions.
 */
export function isOfSessions(arnLike: string): boolean {
  const pattern = arnPattern(arnLike);
  if (pattern === undefined) return false;
  const [, , service, , , resource] = pattern;
  const isOfAnyRole = matchesGlob(service, "iam") && matchesGlob(resource, "role/of-any-name");
  return canMatch(pattern, [SESSION]) && !isOfAnyRole;
}

function canMatch(sections: ArnSections, principals: readonly Principal[]): boolean {
  const [, partition, service, region, account, resource] = sections;
  return (
    /^\**$/.test(region) &&
    PARTITIONS.some((known) => overlaps(partition, shape(known))) &&
    overlaps(account, ACCOUNT) &&
    principals.some(
      (principal) =>
        matchesGlob(service, principal.service) && overlaps(resource, shape(principal.resource)),
    )
  );
}

/** Returns whether some session of the role matches a pattern, whatever its name. */
export function matchesSomeSession(
  [, ofPartition, service, region, account, resource]: ArnSections,
  { partition, accountId, name }: VerifiedIdentity,
): boolean {
  return (
    matchesGlob(ofPartition, partition) &&
    matchesGlob(service, "sts") &&
    matchesGlob(region, "") &&
    matchesGlob(account, accountId) &&
    overlaps(resource, shape([`assumed-role/${asciiLowerCase(name)}/`, NAME]))
  );
}

function hint(service: string, resource: string, compared: ComparedArns): string {
  if (isInstanceIdentity(resource)) return `it is of ${INSTANCE_IDENTITY_REFUSED}`;
  if (service === "iam" && /^role\/.*\//.test(resource))
    return "leave out the role's path, which STS does not return";
  if (resource.startsWith("assumed-role")) {
    return compared === "canonical"
      ? "use the role's ARN, arn:aws:iam::<account>:role/<name>"
      : "use arn:aws:sts::<account>:assumed-role/<role>/<session>";
  }
  return "it must match the ARN of a role, user, federated user or root";
}

function shape(parts: Parts): Shape {
  return parts.flatMap((part): Token[] =>
    part instanceof RegExp
      ? [{ takes: (c: string) => part.test(c), repeats: true }]
      : Array.from(part, (own) => ({ takes: (c: string) => c === own, repeats: false })),
  );
}

/** Returns whether some text matches both. */
export function globsOverlap(glob: string, other: string): boolean {
  const tokens = Array.from(other, (own): Token => {
    return {
      takes: (c) => own === "?" || own === "*" || own === c,
      repeats: own === "*",
      isOptional: own === "*",
    };
  });
  return overlaps(glob, tokens);
}

/**
 * Returns whether some text matches both a section of a pattern and a shape. The work is at most
 * the product of their lengths.
 */
function overlaps(glob: string, tokens: Shape): boolean {
  // Possible numbers of tokens read so far. The last of them can continue if it repeats.
  let read = withOptional(new Set([0]), tokens);
  for (const character of glob) {
    const next =
      character === "*" ? afterAny(read, tokens) : afterCharacter(read, tokens, character);
    read = withOptional(next, tokens);
  }
  return read.has(tokens.length);
}

/** Reads any number of further tokens, for a `*`. */
function afterAny(read: ReadonlySet<number>, tokens: Shape): Set<number> {
  const next = new Set<number>();
  for (let count = Math.min(...read); count <= tokens.length; count += 1) next.add(count);
  return next;
}

/** Reads a character, or any character for a `?`. */
function afterCharacter(read: ReadonlySet<number>, tokens: Shape, character: string): Set<number> {
  const next = new Set<number>();
  for (const count of read) {
    const last = tokens[count - 1];
    const following = tokens[count];
    if (last?.repeats && canRead(last, character)) next.add(count);
    if (following && canRead(following, character)) next.add(count + 1);
  }
  return next;
}

function canRead(token: Token, character: string): boolean {
  return character === "?" || token.takes(character);
}

/** Adds the counts that optional tokens allow. The loop also visits what it adds. */
function withOptional(counts: Set<number>, tokens: Shape): Set<number> {
  for (const count of counts) if (tokens[count]?.isOptional) counts.add(count + 1);
  return counts;
}
