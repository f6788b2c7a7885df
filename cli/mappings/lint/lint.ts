// Applies all lint rules to all mappings.

import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type EvaluationContext, shortName } from "../../function-settings.ts";
import { type Finding, LEVELS, type Rule, subjectOf } from "./finding.ts";
import {
  missingSessions,
  repeatedSessions,
  sessionNames,
  sessionsWithoutSet,
  sharedUsernames,
  spaces,
} from "./names.ts";
import {
  coveredPatterns,
  masters,
  nodes,
  permissionSetRoles,
  shadowed,
  systemNames,
  unreachable,
  wholeAccounts,
} from "./shadowing.ts";
import { chosenClaims, ending, invalid, pinned, unusableBySignedTokens } from "./validity.ts";

const RULES: readonly Rule[] = [
  invalid,
  unreachable,
  nodes,
  shadowed,
  coveredPatterns,
  repeatedSessions,
  sessionsWithoutSet,
  systemNames,
  wholeAccounts,
  ending,
  masters,
  permissionSetRoles,
  pinned,
  sessionNames,
  missingSessions,
  spaces,
  sharedUsernames,
  chosenClaims,
  unusableBySignedTokens,
];

export async function lint(
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): Promise<Finding[]> {
  const subject = subjectOf(parameters, context);
  const found: Finding[] = [];
  for (const rule of RULES) found.push(...(await rule(subject)));
  return gravestFirst(found.map((finding) => ({ ...finding, where: shortName(finding.where, context.prefix) })));
}

export function gravestFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
