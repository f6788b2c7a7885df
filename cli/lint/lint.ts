// Applies all lint rules to all mappings.

import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { type Finding, LEVELS, type Rule, subjectOf } from "./finding.ts";
import * as names from "./names.ts";
import * as shadowing from "./shadowing.ts";
import * as validity from "./validity.ts";

/** In the order of the output, within a level. */
const RULES: readonly Rule[] = [
  ...[validity.invalid, shadowing.unreachable, shadowing.chosenNodes, shadowing.nodes, shadowing.shadowed],
  ...[shadowing.coveredPatterns, names.repeatedSessions, names.sessionsWithoutSet, names.systemNames],
  ...[shadowing.wholeAccounts, validity.ending, shadowing.masters, shadowing.permissionSetRoles, validity.pinned],
  ...[names.chosenGroups, names.chosenUsernames, names.missingSessions, names.misspeltGroups, names.spaces],
  ...[names.sharedUsernames, names.chosenClaims, validity.unusableBySignedTokens],
];

export function lint(parameters: ReadonlyMap<string, StoredParameter>, context: EvaluationContext): Finding[] {
  const subject = subjectOf(parameters, context);
  const found = RULES.flatMap((rule) => rule(subject));
  return bySeverity(found.map((finding) => ({ ...finding, where: shortName(finding.where, context.prefix) })));
}

export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
