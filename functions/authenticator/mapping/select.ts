// Which of an identity's mappings counts: denials first, then the most particular place that holds anything.

import { IdentityDenied, IdentityUnmapped, MappingInvalid, MappingMismatch } from "../../errors.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { Finding, Verdict } from "./evaluate.ts";
import type { Mapping } from "./mapping.ts";

export interface SelectedMapping {
  readonly mapping: Mapping;
  /** The parameter that counted. */
  readonly parameter: string;
  /** Every parameter that was looked at, as a phrase for an error. */
  readonly tried: string;
}

type DecidingFinding = Finding & { readonly verdict: Exclude<Verdict, { readonly kind: "nothing" }> };

/**
 * The finding that decides, in the order of the places; `undefined` where no place holds anything. What is wrong at
 * that place denies, and does not fall through: else a typo in a role's mapping would give it its account's.
 */
export function decidingFinding(findings: readonly Finding[]): DecidingFinding | undefined {
  const holding = findings.filter((finding): finding is DecidingFinding => finding.verdict.kind !== "nothing");
  return holding.find(({ verdict }) => verdict.kind === "deny") ?? holding[0];
}

/** Throws a `Denial` that names the canonical ARN and the parameters that were tried. */
export function selectMapping(findings: readonly Finding[], identity: VerifiedIdentity): SelectedMapping {
  const who = identity.canonicalArn;
  const tried = `tried ${findings.map(({ parameter }) => parameter).join(" ")}`;
  const finding = decidingFinding(findings);
  if (finding === undefined) throw new IdentityUnmapped(`no mapping for ${who}; ${tried}`);
  const { verdict, parameter } = finding;
  if (verdict.kind === "match") return { mapping: verdict.mapping, parameter, tried };
  if (verdict.kind === "deny") throw new IdentityDenied(`${who} is denied by ${parameter}; ${tried}`);
  const Denied = verdict.kind === "mismatch" ? MappingMismatch : MappingInvalid;
  throw new Denied(`${parameter} is not usable for ${who}: ${verdict.problem}; ${tried}`);
}
