// The types of lint: its findings, and the input of its rules.

import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type Entry, type Reading, readParameter } from "../entry.ts";
import type { EvaluationContext } from "../evaluation.ts";

/** Most severe first. */
export const LEVELS = ["error", "warning", "info"] as const;

export type Level = (typeof LEVELS)[number];

export interface Finding {
  readonly level: Level;
  /** Stable: scripts may use it. */
  readonly rule: string;
  /** The parameter without the prefix; empty for all parameters. */
  readonly where: string;
  readonly message: string;
}

/** An entry and its parameter. */
export interface Placed {
  readonly parameter: string;
  readonly entry: Entry;
  /** Empty for a mapping without a username. */
  readonly username: string;
  readonly groups: readonly string[];
}

export interface Subject {
  readonly context: EvaluationContext;
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly entries: readonly Placed[];
  /** Their names are empty. */
  readonly denials: readonly Placed[];
}

export type Rule = (subject: Subject) => Finding[];

/** A rule of single mappings. `check` returns one or several messages about a mapping that breaks it. */
export function entryRule(
  level: Level,
  rule: string,
  check: (placed: Placed, subject: Subject) => string | readonly string[] | false | undefined,
): Rule {
  return (subject) =>
    subject.entries.flatMap((placed) => {
      const messages = check(placed, subject) || [];
      return [messages].flat().map((message) => ({ level, rule, where: placed.parameter, message }));
    });
}

export function subjectOf(parameters: ReadonlyMap<string, StoredParameter>, context: EvaluationContext): Subject {
  const { prefix, partition } = context;
  const readings = new Map(
    [...parameters].map(([name, stored]) => [name, readParameter(prefix, name, stored, partition)] as const),
  );
  const all = [...readings].flatMap(([parameter, { entries }]) =>
    entries.map((entry): Placed => {
      const { username = "", groups = [] } = entry.mapping;
      return { parameter, entry, username, groups };
    }),
  );
  const isDenial = ({ entry }: Placed) => entry.kind === "deny";
  const [entries, denials] = [all.filter((placed) => !isDenial(placed)), all.filter(isDenial)];
  return { context, parameters, readings, entries, denials };
}
