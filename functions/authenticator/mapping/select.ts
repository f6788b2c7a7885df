// Selects the mapping that applies to an identity: denials first, then the most specific place with
// an entry.

import { type Denial, denial } from "../../errors.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { Evaluation, Verdict } from "./evaluate.ts";
import type { Mapping } from "./mapping.ts";

export interface SelectedMapping {
  readonly mapping: Mapping;
  /** The parameter that decided. */
  readonly parameter: string;
  /** Every parameter that was evaluated, as a phrase for an error. */
  readonly tried: string;
}

type DecidingEvaluation = Evaluation & {
  readonly verdict: Exclude<Verdict, { readonly kind: "nothing" }>;
};

/**
 * Returns the evaluation that decides: a denial, then one that depends on what the token lacks,
 * then the first place with an entry; `undefined` if no place has one. An invalid entry denies, so
 * that a typo in a role's mapping does not give the role its account's mapping.
 */
export function decidingEvaluation(
  evaluations: readonly Evaluation[],
): DecidingEvaluation | undefined {
  const holding = evaluations.filter(
    (evaluation): evaluation is DecidingEvaluation => evaluation.verdict.kind !== "nothing",
  );
  const first = (kind: Verdict["kind"]) => holding.find(({ verdict }) => verdict.kind === kind);
  return first("deny") ?? first("unknown") ?? holding[0];
}

/**
 * Returns the mapping that applies. Throws a `Denial` that names the canonical ARN and the
 * parameters that were tried.
 */
export function selectMapping(
  evaluations: readonly Evaluation[],
  identity: VerifiedIdentity,
): SelectedMapping {
  const who = identity.canonicalArn;
  const tried = `tried ${evaluations.map(({ parameter }) => parameter).join(" ")}`;
  const denied = (code: Parameters<typeof denial>[0], reason: string): Denial =>
    denial(code, reason, { tried });
  const evaluation = decidingEvaluation(evaluations);
  if (evaluation === undefined) throw denied("identity_unmapped", `no mapping for ${who}`);
  const { verdict, parameter, place } = evaluation;
  if (verdict.kind === "match") return { mapping: verdict.mapping, parameter, tried };
  if (verdict.kind === "deny") {
    const { sessionArn } = verdict;
    const whom = sessionArn === undefined ? who : `${sessionArn}, a session of ${who},`;
    throw denied("identity_denied", `${whom} is denied by ${parameter}`);
  }
  if (verdict.kind === "unknown") {
    throw denied(
      "token_lacks_session",
      `${who} is refused, since an AWS-signed token shows no session or unique id, and ${parameter} needs it: ${verdict.problem}`,
    );
  }
  if (place === "deny-account" || place === "deny-any") {
    throw denied(
      "denials_invalid",
      `${who} is denied, like every identity that the deny list ${parameter} covers: the list is invalid, ${verdict.problem}`,
    );
  }
  if (verdict.kind === "mismatch")
    throw denied("mapping_mismatch", `${parameter} is not for ${who}: ${verdict.problem}`);
  throw denied(
    "mapping_invalid",
    `${parameter} applies to ${who} and is invalid: ${verdict.problem}`,
  );
}
