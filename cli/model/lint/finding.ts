// The types of lint: its findings, and the input of its rules.

import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type Reading, readParameter } from "../entry.ts";
import { type PlacedDenial, type PlacedMapping, placed } from "../entry-arns.ts";
import type { ReviewSettings } from "../evaluation.ts";

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

export interface Subject {
  readonly review: ReviewSettings;
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly entries: readonly PlacedMapping[];
  readonly denials: readonly PlacedDenial[];
}

export type Rule = (subject: Subject) => Finding[];

/**
 * Creates a rule of single mappings. `check` returns one or several messages about a mapping that
 * breaks it.
 */
export function entryRule(
  level: Level,
  rule: string,
  check: (entry: PlacedMapping, subject: Subject) => string | readonly string[] | false | undefined,
): Rule {
  return (subject) =>
    subject.entries.flatMap((entry) => {
      const messages = check(entry, subject) || [];
      return [messages].flat().map((message) => ({ level, rule, where: entry.parameter, message }));
    });
}

export function subjectOf(
  parameters: ReadonlyMap<string, StoredParameter>,
  review: ReviewSettings,
): Subject {
  const { prefix, partition } = review;
  const readings = new Map(
    [...parameters].map(
      ([name, stored]) => [name, readParameter(prefix, name, stored, partition)] as const,
    ),
  );
  const all = [...readings].flatMap(([parameter, { entries }]) =>
    entries.map((entry) => placed(entry, parameter, partition)),
  );
  const entries = all.filter((entry) => entry.kind !== "deny");
  return {
    review,
    parameters,
    readings,
    entries,
    denials: all.filter((entry) => entry.kind === "deny"),
  };
}
