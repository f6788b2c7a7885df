// The types of lint: its findings, and the input of its rules.

import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../../function-settings.ts";
import type { Entry } from "../file/entry.ts";
import { type Denial, type Reading, readParameter } from "../file/read-parameter.ts";

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
}

interface PlacedDenial {
  readonly parameter: string;
  readonly denial: Denial;
}

export interface Subject {
  readonly context: EvaluationContext;
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  readonly readings: ReadonlyMap<string, Reading>;
  readonly entries: readonly Placed[];
  readonly denials: readonly PlacedDenial[];
}

export type Rule = (subject: Subject) => Finding[] | Promise<Finding[]>;

export function subjectOf(parameters: ReadonlyMap<string, StoredParameter>, context: EvaluationContext): Subject {
  const readings = new Map<string, Reading>();
  for (const [name, stored] of parameters)
    readings.set(name, readParameter(context.prefix, name, stored, context.partition));
  const entries = [...readings].flatMap(([parameter, { entries }]) => entries.map((entry) => ({ parameter, entry })));
  const denials = [...readings].flatMap(([parameter, { denials }]) => denials.map((denial) => ({ parameter, denial })));
  return { context, parameters, readings, entries, denials };
}
