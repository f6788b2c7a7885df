// Applies all lint rules to all mappings, or to the values that a plan writes.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { afterwards, type Wanted } from "../access/plan-state.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { type Finding, LEVELS, type Rule, subjectOf } from "./finding.ts";
import * as names from "./names.ts";
import * as shadowing from "./shadowing.ts";
import { ending, invalid, pinned, severalArns, unusableBySignedTokens } from "./validity.ts";

/** In the order of the output, within a level. */
const RULES: readonly Rule[] = [
  ...[invalid, shadowing.unreachable, shadowing.chosenNodes, shadowing.nodes, shadowing.shadowed],
  ...[shadowing.coveredPatterns, names.repeatedSessions, names.sessionsWithoutSet, names.systemNames],
  ...[shadowing.wholeAccounts, ending, shadowing.masters, shadowing.permissionSetRoles, pinned],
  ...[names.chosenGroups, names.chosenUsernames, names.missingSessions, names.misspeltGroups, names.spaces],
  ...[names.sharedUsernames, names.chosenClaims, unusableBySignedTokens, severalArns],
];

export function lint(parameters: ReadonlyMap<string, StoredParameter>, context: EvaluationContext): Finding[] {
  const subject = subjectOf(parameters, context);
  const found = RULES.flatMap((rule) => rule(subject));
  return bySeverity(found.map((finding) => ({ ...finding, where: shortName(finding.where, context.prefix) })));
}

/** Warnings for the values that are written, by parameter. Omits rules over several mappings, which `mappings lint` applies. */
export function warningsFor(
  changes: readonly Wanted[],
  context: EvaluationContext,
): ReadonlyMap<string, readonly string[]> {
  // Callers and issuer keys have no rules.
  const mappings = changes.filter(({ name }) => readName(context.prefix, name) !== undefined);
  const found = lint(afterwards(new Map(), mappings), context);
  const shown = found.filter(({ level, where }) => level !== "info" && where !== "");
  const byName = Map.groupBy(shown, ({ where }) => `${context.prefix}/${where}`);
  return new Map([...byName].map(([name, findings]) => [name, findings.map(({ message }) => message)]));
}

export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
