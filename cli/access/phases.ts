// Plans the writes of a set of changes: in phases, with waits between them, so that no identity has excess access.

import type { DatedParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";

/** The stored parameters that were read for judging, by name. `modified` is used for the waits. */
export type States = ReadonlyMap<string, DatedParameter>;

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Mark {
  readonly parameter: string;
  /** Marks of one kind are counted together. */
  readonly kind: string;
  /** A sentence without period that starts with a stored entry. */
  readonly text: string;
}

export interface Phase {
  /**
   * In the order of the writes. A value may be one before the wanted one: a list with both lifted and new denials, an
   * ended mapping. Empty if each remaining change would leave no administrator.
   */
  readonly writes: readonly Wanted[];
  /** Parameters that were written in the last 35 s, and whose earlier values the function may still use. */
  readonly waitsFor: readonly string[];
  /** Milliseconds since 1970: when the first write may start. Not in the future if `waitsFor` is empty. */
  readonly from: number;
}

/** The changes that need consent, in the order in which they are written. */
export function marksOf(_changes: readonly Wanted[], _current: States, _context: EvaluationContext): readonly Mark[] {
  throw new Error("not yet");
}

/**
 * The next writes; `undefined` if every parameter has its wanted value. Call it again after the writes, with all changes
 * and with the parameters as they are read then: it skips what is done.
 */
export function nextPhase(
  _changes: readonly Wanted[],
  _current: States,
  _context: EvaluationContext,
): Phase | undefined {
  throw new Error("not yet");
}

/** Whether one principal surely has administrator access. */
export function hasAdministrator(_current: States, _context: EvaluationContext): boolean {
  throw new Error("not yet");
}

export interface Reading {
  /** Names, for GetParameters. */
  readonly names: readonly string[];
  /** Accounts whose every parameter must be read. */
  readonly accounts: readonly string[];
  /** Whether every parameter must be read. */
  readonly all: boolean;
  /** Whether the changes may take administrator access away: then also read until `hasAdministrator` is true. */
  readonly needsAdministrator: boolean;
}

/** What must be read to judge the changes and to wait. `current`: what has been read already, at least `before` of each change. */
export function namesToRead(_changes: readonly Wanted[], _current: States, _context: EvaluationContext): Reading {
  throw new Error("not yet");
}
