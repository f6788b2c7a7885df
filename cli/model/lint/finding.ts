// The types of lint: its findings and its rules.

import type { PlacedMapping } from "../entry-arns.ts";
import type { StoredEntries } from "../stored-entries.ts";

/** The levels, most severe first. */
export const LEVELS = ["error", "warning", "info"] as const;

export type Level = (typeof LEVELS)[number];

export interface Finding {
  readonly level: Level;
  /** The name of the rule. It is stable, since scripts may use it. */
  readonly rule: string;
  /** The parameter without the prefix; empty for all parameters. */
  readonly where: string;
  readonly message: string;
}

export type Rule = (stored: StoredEntries) => Finding[];

/**
 * Creates a rule of single mappings. `check` returns one or several messages about a mapping that
 * breaks it.
 */
export function entryRule(
  level: Level,
  rule: string,
  check: (
    mapping: PlacedMapping,
    stored: StoredEntries,
  ) => string | readonly string[] | false | undefined,
): Rule {
  return (stored) =>
    stored.mappings.flatMap((mapping) => {
      const messages = check(mapping, stored) || [];
      const where = mapping.parameter;
      return [messages].flat().map((message) => ({ level, rule, where, message }));
    });
}
