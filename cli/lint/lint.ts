// Applies all lint rules to all mappings.

import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { type Finding, LEVELS, type Rule, subjectOf } from "./finding.ts";
import {
  chosenClaims,
  chosenGroups,
  chosenUsernames,
  missingSessions,
  misspeltGroups,
  repeatedSessions,
  sessionsWithoutSet,
  sharedUsernames,
  spaces,
  systemNames,
} from "./names.ts";
import {
  chosenNodes,
  coveredPatterns,
  masters,
  nodes,
  permissionSetRoles,
  shadowed,
  unreachable,
  wholeAccounts,
} from "./shadowing.ts";
import { ending, invalid, pinned, unusableBySignedTokens } from "./validity.ts";

/** In the order of the output, within a level. */
const RULES: readonly Rule[] = [
  ...[invalid, unreachable, chosenNodes, nodes, shadowed, coveredPatterns, repeatedSessions, sessionsWithoutSet],
  ...[systemNames, wholeAccounts, ending, masters, permissionSetRoles, pinned, chosenGroups, chosenUsernames],
  ...[missingSessions, misspeltGroups, spaces, sharedUsernames, chosenClaims, unusableBySignedTokens],
];

export async function lint(
  parameters: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): Promise<Finding[]> {
  const subject = subjectOf(parameters, context);
  const found: Finding[] = [];
  for (const rule of RULES) found.push(...(await rule(subject)));
  return bySeverity(found.map((finding) => ({ ...finding, where: shortName(finding.where, context.prefix) })));
}

export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
