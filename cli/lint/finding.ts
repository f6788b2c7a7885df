// What lint says about a mapping, and what it looks at.

import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../evaluate/context.ts";
import type { Entry } from "../mapping-file/entry.ts";
import { type Reading, readParameter } from "../mapping-file/read-parameter.ts";

/** In the order of weight. */
export const LEVELS = ["error", "warning", "info"] as const;
export type Level = (typeof LEVELS)[number];

export interface Finding {
  readonly level: Level;
  /** Stable, for scripts. */
  readonly rule: string;
  /** The parameter, without the prefix; empty for what concerns all of them. */
  readonly where: string;
  readonly message: string;
}

/** One entry with the parameter it stands in. */
export interface Placed {
  readonly parameter: string;
  readonly entry: Entry;
}

export interface Subject {
  readonly context: EvaluationContext;
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly entries: readonly Placed[];
}

export type Rule = (subject: Subject) => Finding[] | Promise<Finding[]>;

export function subjectOf(parameters: ReadonlyMap<string, StoredParameter>, context: EvaluationContext): Subject {
  const readings = new Map<string, Reading>();
  for (const [name, stored] of parameters) readings.set(name, readParameter(context.prefix, name, stored));
  const entries = [...readings].flatMap(([parameter, { entries }]) => entries.map((entry) => ({ parameter, entry })));
  return { context, parameters, readings, entries };
}
