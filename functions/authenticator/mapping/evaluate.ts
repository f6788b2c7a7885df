// Evaluates one place for an identity: no entry, a mapping, a denial, or an invalid value.

import type { EpochMs } from "../../lib/deadline.ts";
import { isExpired } from "../../lib/not-after.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { isArnOf } from "./arn.ts";
import { arnSections, matchesSections } from "./arn-like.ts";
import { evaluateDenyList } from "./deny-list.ts";
import type { Mapping } from "./mapping.ts";
import type { Candidate } from "./parameter-name.ts";
import { type ReadMapping, readMapping, readMappingList } from "./read-mapping.ts";

export type Verdict =
  /** No parameter, a mapping past its `notAfter`, or no matching pattern: the next place decides. */
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

/** Evaluates every parameter that is read for an identity, in order of precedence. */
export function evaluateMappings(
  candidates: readonly Candidate[],
  parameters: ReadonlyMap<string, StoredParameter>,
  identity: VerifiedIdentity,
  now: EpochMs,
): Evaluation[] {
  return candidates.map((candidate) => evaluateMapping(candidate, parameters.get(candidate.parameter), identity, now));
}

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
  if (stored === undefined) return { ...candidate, verdict: { kind: "nothing" }, invalidCount: 0 };
  if (place === "sso-session" && identity.claims !== undefined) return evaluateUnknownSession(candidate, stored, now);
  if (place === "pattern-account" || place === "pattern-any" || place === "sso-session") {
    const list = readMappingList(stored, place === "sso-session" ? place : "pattern");
    if ("problem" in list) return invalid(candidate, list.problem);
    const own = place === "sso-session" ? ofSession(list.entries, identity) : ofArn(list.entries, identity);
    return { ...candidate, verdict: judgeList(own, identity, now), invalidCount: list.invalidCount };
  }
  const read = readMapping(stored, place === "exact" ? identity.kind : place);
  if ("problem" in read) return invalid(candidate, read.problem);
  // An sso or account mapping applies to every identity whose parameter names include it.
  const isFor = place !== "exact" || read.arns.some((arn) => isArnOf(arn, identity));
  return { ...candidate, verdict: judge(read, isFor, identity, now), invalidCount: read.check.valid ? 0 : 1 };
}

function invalid(candidate: Candidate, problem: string): Evaluation {
  return { ...candidate, verdict: { kind: "invalid", problem }, invalidCount: 1 };
}

function ofArn(entries: readonly ReadMapping[], { canonicalArn }: VerifiedIdentity): readonly ReadMapping[] {
  const arn = arnSections(canonicalArn);
  return entries.filter(({ arnLikes }) => arnLikes.some((arnLike) => matchesSections(arnLike, arn)));
}

/** Only roles have session names, and only roles of permission sets have this place. */
function ofSession(entries: readonly ReadMapping[], { sessionName }: VerifiedIdentity): readonly ReadMapping[] {
  return sessionName === undefined ? [] : entries.filter(({ sessions }) => sessions.includes(sessionName));
}

/** An AWS-signed token contains no session name, so each entry that has not ended may be for its session. */
function evaluateUnknownSession(candidate: Candidate, stored: StoredParameter, now: EpochMs): Evaluation {
  const list = readMappingList(stored, "sso-session");
  const unknown = (problem: string, invalidCount: number): Evaluation => {
    return { ...candidate, verdict: { kind: "unknown", problem }, invalidCount };
  };
  if ("problem" in list) return unknown(`it is invalid: ${list.problem}`, 1);
  const { entries, invalidCount } = list;
  if (invalidCount > 0) return unknown("it has an invalid entry, which may be for this session", invalidCount);
  const isOver = entries.every(({ check }) => check.valid && isExpired(check.mapping.notAfter, now));
  return isOver
    ? { ...candidate, verdict: { kind: "nothing" }, invalidCount: 0 }
    : unknown("it has an entry for a session, which may be this one", 0);
}

/** `entries` match the identity. The first one that is not expired applies. */
function judgeList(entries: readonly ReadMapping[], identity: VerifiedIdentity, now: EpochMs): Verdict {
  const verdicts = entries.map((entry) => judge(entry, true, identity, now));
  return verdicts.find(({ kind }) => kind !== "nothing") ?? { kind: "nothing" };
}

/** `isFor`: whether the mapping's `arn` or `arnLike` matches the identity. */
function judge({ check }: ReadMapping, isFor: boolean, identity: VerifiedIdentity, now: EpochMs): Verdict {
  if (check.valid && isExpired(check.mapping.notAfter, now)) return { kind: "nothing" };
  if (!check.valid) return { kind: "invalid", problem: check.problem };
  if (!isFor) return { kind: "mismatch", problem: "its arn is the ARN of another principal" };
  const { mapping } = check;
  if (mapping.principalId !== undefined && mapping.principalId !== identity.principalId) {
    const problem = `its principalId is ${mapping.principalId}`;
    if (identity.principalId === undefined) return { kind: "unknown", problem };
    return { kind: "mismatch", problem: `${problem}, but this ${identity.kind} has ${identity.principalId}` };
  }
  return { kind: "match", mapping };
}
