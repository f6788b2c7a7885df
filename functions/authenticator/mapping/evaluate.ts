// Evaluates one place for an identity: no entry, a mapping, a denial, or an invalid value. Reads
// the entries of a parameter once for each read of it, with the principals that each entry names.

import type { EpochMs } from "../../lib/deadline.ts";
import { isObject, valuesOf } from "../../lib/json.ts";
import { asciiLowerCase } from "../../lib/text.ts";
import { isExpired } from "../../lib/time.ts";
import { oncePerRead, type StoredParameter } from "../../parameters/stored-parameter.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { readStored } from "../read-stored.ts";
import { arnPattern, arnSections, isArnOf, matchesSections, parseMappedArn } from "./arn.ts";
import {
  type DenyEntry,
  type DenyScope,
  identityArns,
  isSessionUnknown,
  personNameOf,
  withoutPath,
} from "./deny-list.ts";
import { hasArn, isListKind, KINDS, type MappingKind } from "./kinds.ts";
import type { Mapping } from "./mapping.ts";
import type { Candidate, Place } from "./parameter-name.ts";
import { matchesSomeSession } from "./possible-arn.ts";

export type Verdict =
  /**
   * No parameter, a mapping past its `notAfter`, or no matching pattern: the next place decides.
   */
  | { readonly kind: "nothing" }
  | { readonly kind: "match"; readonly mapping: Mapping }
  /** `sessionArn`, as STS returned it, is set if the session is denied and not its role. */
  | { readonly kind: "deny"; readonly sessionArn?: string }
  | { readonly kind: "invalid"; readonly problem: string }
  /** The stored value is for another principal. */
  | { readonly kind: "mismatch"; readonly problem: string }
  /** The entry depends on a session or unique id, which the AWS-signed token does not contain. */
  | { readonly kind: "unknown"; readonly problem: string };

export interface Evaluation extends Candidate {
  readonly verdict: Verdict;
  /** Number of invalid values or list entries, whether they apply to this identity or not. */
  readonly invalidCount: number;
}

/**
 * Evaluates every parameter that is read for an identity, in order of precedence. select.ts chooses
 * the one that decides.
 */
export function evaluateMappings(
  candidates: readonly Candidate[],
  parameters: ReadonlyMap<string, StoredParameter>,
  identity: VerifiedIdentity,
  now: EpochMs,
): Evaluation[] {
  return candidates.map((candidate) =>
    evaluateMapping(candidate, parameters.get(candidate.parameter), identity, now),
  );
}

const NOTHING = { kind: "nothing" } as const;

type DenyPlace = "deny-account" | "deny-any";

/** Evaluates one parameter of an identity. `stored` is `undefined` if it does not exist. */
export function evaluateMapping(
  candidate: Candidate,
  stored: StoredParameter | undefined,
  identity: VerifiedIdentity,
  now: EpochMs,
): Evaluation {
  const { place } = candidate;
  if (place === "deny-account" || place === "deny-any") {
    const { accountId, partition } = identity;
    const account = place === "deny-any" ? "any" : accountId;
    return { ...candidate, ...evaluateDenyList(stored, { account, partition }, identity, now) };
  }
  if (stored === undefined) return { ...candidate, verdict: NOTHING, invalidCount: 0 };
  const kind = kindAt(place, identity);
  const read = readEntries(stored, kind);
  const isUnknown = place === "sso-session" && identity.claims !== undefined;
  const verdict = isUnknown
    ? judgeUnknownSession(read, now)
    : judgeEntries(read, kind, identity, now);
  return { ...candidate, verdict, invalidCount: read.problems.length };
}

/** Returns the kind of the mappings at a place. */
function kindAt(place: Exclude<Place, DenyPlace>, identity: VerifiedIdentity): MappingKind {
  if (place === "exact") return identity.kind;
  return place === "pattern-account" || place === "pattern-any" ? "pattern" : place;
}

type Read = ReturnType<typeof readEntries>;

/** Returns the verdict of the first entry for the identity that has not expired. */
function judgeEntries(
  { isReadable, entries, problems: [problem = ""] }: Read,
  kind: MappingKind,
  identity: VerifiedIdentity,
  now: EpochMs,
): Verdict {
  if (!isReadable) return { kind: "invalid", problem };
  const { canonicalArn, sessionName } = identity;
  const { listedBy } = KINDS[kind];
  const arn = listedBy === "arnLike" ? arnSections(canonicalArn) : undefined;
  const isFor = ({ arns, arnLikes, sessions }: ReadEntry): boolean => {
    if (listedBy === "arnLike") return arnLikes.some((arnLike) => matchesSections(arnLike, arn));
    // Only roles have session names, and only roles of permission sets have this place.
    if (listedBy === "session") return sessionName !== undefined && sessions.includes(sessionName);
    // A value without an ARN applies to every identity whose parameter names include it.
    return !hasArn(kind) || arns.some((mappedArn) => isArnOf(mappedArn, identity));
  };
  const judged = isListKind(kind) ? entries.filter(isFor) : entries;
  const verdicts = judged.map((entry) =>
    judge(entry, isListKind(kind) || isFor(entry), identity, now),
  );
  return verdicts.find((verdict) => verdict.kind !== "nothing") ?? NOTHING;
}

/**
 * Returns the verdict for an AWS-signed token. It contains no session name, so each entry that has
 * not ended may be for its session.
 */
function judgeUnknownSession({ isReadable, entries, problems }: Read, now: EpochMs): Verdict {
  const unknown = (problem: string): Verdict => ({ kind: "unknown", problem });
  if (!isReadable) return unknown(`it is invalid: ${problems[0]}`);
  if (problems.length > 0) return unknown("it has an invalid entry, which may be for this session");
  const isOver = entries.every(
    (entry) => entry.problem === undefined && isExpired(entry.value.notAfter, now),
  );
  return isOver ? NOTHING : unknown("it has an entry for a session, which may be this one");
}

/**
 * Returns the verdict of an entry. `isFor`: whether its `arn` or `arnLike` matches the identity.
 */
function judge(
  entry: ReadEntry,
  isFor: boolean,
  identity: VerifiedIdentity,
  now: EpochMs,
): Verdict {
  if (entry.problem !== undefined) return { kind: "invalid", problem: entry.problem };
  const mapping = entry.value;
  if (isExpired(mapping.notAfter, now)) return NOTHING;
  if (!isFor) return { kind: "mismatch", problem: "its arn is the ARN of another principal" };
  if (mapping.principalId !== undefined && mapping.principalId !== identity.principalId) {
    const problem = `its principalId is ${mapping.principalId}`;
    if (identity.principalId === undefined) return { kind: "unknown", problem };
    return {
      kind: "mismatch",
      problem: `${problem}, but this ${identity.kind} has ${identity.principalId}`,
    };
  }
  return { kind: "match", mapping };
}

/**
 * Returns the verdict of a deny list. An invalid entry denies every identity that it covers, since
 * it could be meant for any of them.
 */
function evaluateDenyList(
  stored: StoredParameter | undefined,
  scope: DenyScope,
  identity: VerifiedIdentity,
  now: EpochMs,
): Pick<Evaluation, "verdict" | "invalidCount"> {
  if (stored === undefined) return { verdict: NOTHING, invalidCount: 0 };
  const { denials, problems } = readDenials(stored, scope);
  const [problem] = problems;
  if (problem !== undefined)
    return { verdict: { kind: "invalid", problem }, invalidCount: problems.length };
  return { verdict: judgeDenials(denials, identity, now), invalidCount: 0 };
}

function judgeDenials(
  denials: readonly ComparedDenial[],
  identity: VerifiedIdentity,
  now: EpochMs,
): Verdict {
  const arns = identityArns(identity).map(arnSections);
  const person = personNameOf(identity);
  const matching = (isMatch: (denial: ComparedDenial) => boolean) =>
    denials.filter((denial) => isMatch(denial) && !isExpired(denial.notAfter, now));
  const denying = matching(({ pattern, name }) =>
    name === undefined ? arns.some((arn) => matchesSections(pattern, arn)) : name === person,
  );
  const { kind, arn, canonicalArn } = identity;
  if (denying.length > 0) {
    const canonical = arnSections(canonicalArn);
    const isOfRole = denying.some(({ pattern }) => matchesSections(pattern, canonical));
    return { kind: "deny", ...(kind === "role" && !isOfRole && { sessionArn: arn }) };
  }
  const mayDeny = ({ pattern }: ComparedDenial) =>
    pattern === undefined || matchesSomeSession(pattern, identity);
  return isSessionUnknown(identity) && matching(mayDeny).length > 0
    ? { kind: "unknown", problem: "it denies a session of this role, which may be this one" }
    : NOTHING;
}

/** An entry in the form that is compared. `pattern` is undefined for a denial by name. */
type ComparedDenial = ReturnType<typeof comparable>;

function comparable(entry: DenyEntry) {
  const { notAfter } = entry;
  return "name" in entry
    ? { notAfter, name: asciiLowerCase(entry.name), pattern: undefined }
    : { notAfter, name: undefined, pattern: arnPattern(withoutPath(entry.arnLike)) };
}

/** Can cache by parameter, since its name contains the account. */
const readDenials = oncePerRead((stored, scope: DenyScope) => {
  const { entries, problems } = readStored("deny", scope, stored);
  return {
    problems,
    denials: entries.flatMap(({ problem, value }) =>
      problem === undefined ? comparable(value) : [],
    ),
  };
});

type ReadEntry = ReturnType<typeof readEntries>["entries"][number];

/** Can cache by parameter, since its name contains the kind. */
const readEntries = oncePerRead((stored, kind: MappingKind) => {
  const read = readStored(kind, {}, stored);
  return {
    ...read,
    entries: read.entries.map((entry) => ({ ...entry, ...principalsOf(entry.value) })),
  };
});

/**
 * Returns the `arn`, `arnLike` and `session` of an entry, even if the rest is invalid: several if
 * the key is repeated.
 */
function principalsOf(value: unknown) {
  const entry = isObject(value) ? value : {};
  const textsOf = (key: string) => valuesOf(entry, key).filter((text) => typeof text === "string");
  return {
    arns: textsOf("arn").flatMap((arn) => parseMappedArn(arn) ?? []),
    arnLikes: textsOf("arnLike")
      .map(arnPattern)
      .filter((pattern) => pattern !== undefined),
    sessions: textsOf("session"),
  };
}
