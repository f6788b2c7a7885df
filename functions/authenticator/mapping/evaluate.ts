// What one place holds for an identity: nothing, a mapping for it, a denial, or something that is wrong.

import { isObject, parseJson } from "../../lib/json.ts";
import { isExpired } from "../../lib/not-after.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { isArnOf, parseMappedArn } from "./arn.ts";
import { matchesArnLike } from "./arn-like.ts";
import { evaluateDenyList } from "./deny-list.ts";
import { checkMapping, type Mapping, type MappingKind } from "./mapping.ts";
import { type Candidate, candidates } from "./parameter-name.ts";

export type Verdict =
  /** No parameter, a mapping past its `notAfter`, or no pattern that matches: the next place is asked. */
  | { readonly kind: "nothing" }
  | { readonly kind: "match"; readonly mapping: Mapping }
  /** `sessionArn`, as STS gave it, where this session of a role is denied and not the role. */
  | { readonly kind: "deny"; readonly sessionArn?: string }
  | { readonly kind: "invalid"; readonly problem: string }
  /** The value at this name is for another principal. */
  | { readonly kind: "mismatch"; readonly problem: string };

export interface Evaluation extends Candidate {
  readonly verdict: Verdict;
  /** How many invalid values or list entries are here, whether they count for this identity or not. */
  readonly invalidCount: number;
}

/** Of every parameter that is read for an identity, in the order in which they count. */
export function evaluateMappings(
  prefix: string,
  identity: VerifiedIdentity,
  parameters: ReadonlyMap<string, StoredParameter>,
  now: number,
): Evaluation[] {
  return candidates(prefix, identity).map((candidate) =>
    evaluateMapping(candidate, parameters.get(candidate.parameter), identity, now),
  );
}

export function evaluateMapping(
  candidate: Candidate,
  stored: StoredParameter | undefined,
  identity: VerifiedIdentity,
  now: number,
): Evaluation {
  const { place } = candidate;
  if (place === "deny-account" || place === "deny-any") {
    return { ...candidate, ...evaluateDenyList(stored, identity, now) };
  }
  if (stored === undefined) return { ...candidate, verdict: { kind: "nothing" }, invalidCount: 0 };
  const value = stored.secure ? undefined : parseJson(stored.value);
  if (value === undefined)
    return invalid(candidate, stored.secure ? "a SecureString: it must be of type String" : "not JSON");

  if (place === "pattern-account" || place === "pattern-any") {
    if (!Array.isArray(value)) return invalid(candidate, "not a JSON list");
    return { ...candidate, ...judgeList(value, identity, now) };
  }
  const kind = place === "exact" ? identity.kind : place;
  const check = checkMapping(value, kind);
  return { ...candidate, verdict: judge(value, check, kind, identity, now), invalidCount: check.valid ? 0 : 1 };
}

function invalid(candidate: Candidate, problem: string): Evaluation {
  return { ...candidate, verdict: { kind: "invalid", problem }, invalidCount: 1 };
}

/** A denial anywhere in the list comes first, then the first entry whose own `arnLike` matches. */
function judgeList(entries: readonly unknown[], identity: VerifiedIdentity, now: number) {
  const checked = entries.map((entry) => ({ entry, check: checkMapping(entry, "pattern") }));
  const verdicts = checked
    .filter(({ entry }) => isObject(entry) && isForIdentity(entry, "pattern", identity))
    .map(({ entry, check }) => judge(entry, check, "pattern", identity, now))
    .filter(({ kind }) => kind !== "nothing");
  const verdict: Verdict = verdicts.find(({ kind }) => kind === "deny") ?? verdicts[0] ?? { kind: "nothing" };
  return { verdict, invalidCount: checked.filter(({ check }) => !check.valid).length };
}

function judge(
  value: unknown,
  check: ReturnType<typeof checkMapping>,
  kind: MappingKind,
  identity: VerifiedIdentity,
  now: number,
): Verdict {
  if (check.valid && isExpired(check.mapping.notAfter, now)) return { kind: "nothing" };
  const isFor = isObject(value) && isForIdentity(value, kind, identity);
  // A denial holds even where the rest of its value is wrong: a typo beside it must not let anybody in.
  if (!check.valid)
    return isFor && value["deny"] === true ? { kind: "deny" } : { kind: "invalid", problem: check.problem };
  const { mapping } = check;
  if (!isFor) return { kind: "mismatch", problem: "its arn is the ARN of another principal" };
  if (mapping.principalId !== undefined && mapping.principalId !== identity.principalId) {
    const problem = `its principalId is ${mapping.principalId}, and this ${identity.kind} is ${identity.principalId}`;
    return { kind: "mismatch", problem };
  }
  return mapping.deny === true ? { kind: "deny" } : { kind: "match", mapping };
}

/** By the value's own `arn` or `arnLike`; an sso or account mapping is for everybody that its name finds. */
function isForIdentity(value: Record<string, unknown>, kind: MappingKind, identity: VerifiedIdentity): boolean {
  const { arn, arnLike } = value;
  if (kind === "sso" || kind === "account") return true;
  if (kind === "pattern") return typeof arnLike === "string" && matchesArnLike(arnLike, identity.canonicalArn);
  const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
  return mapped !== undefined && isArnOf(mapped, identity);
}
