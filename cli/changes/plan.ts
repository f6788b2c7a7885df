// Computes the changes from the stored parameters to the desired ones, without writing them.

import { isDeepStrictEqual } from "node:util";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { mentionsAdministrators } from "../access/administrators.ts";
import { denialsIn, type NamedDenial } from "../access/denials.ts";
import type { Stored } from "../aws/parameter.ts";
import { usage } from "../errors.ts";
import { normal } from "../mappings/file/read-parameter.ts";
import { entryKey, type Items } from "./merge-list.ts";

export interface Change {
  readonly action: "add" | "change" | "remove";
  readonly name: string;
  /** The stored parameter when the change was planned; `undefined` if it did not exist. */
  readonly before: Stored | undefined;
  /** `undefined` removes the parameter. */
  readonly value: string | undefined;
  /** Write it only after the function's caches have read the changes before it. */
  readonly waits?: true;
  /** Printed in the plan instead of the value. */
  readonly shown?: string;
  /** For a list: throws if these items must not be written. Called again after a merge with a concurrent change. */
  readonly check?: (items: Items) => void;
}

export interface Plan {
  /** Denials first, then changes that grant access, then those that remove it; safe-order.ts may reorder them. */
  readonly changes: readonly Change[];
  readonly unchanged: number;
  /** Stored parameters that are not in `desired`; kept without `--prune`. */
  readonly extra: readonly string[];
  /** ARNs of stored denials that are not in `desired`, which `--prune` keeps. */
  readonly keptDenials?: readonly string[];
}

/** Throws for a SecureString: the function does not read it, and an overwrite keeps the type. */
export function planChanges(
  current: ReadonlyMap<string, Stored>,
  desired: ReadonlyMap<string, string>,
  prune: boolean,
): Plan {
  const written = [...desired].flatMap(([name, value]): Change[] => {
    const before = current.get(name);
    if (before === undefined) return [{ action: "add", name, before, value }];
    return isSame(before, value) ? [] : [{ action: "change", name, before, value }];
  });
  const secure = written.find(({ before }) => before?.secure);
  if (secure !== undefined) {
    throw usage(
      `${secure.name} is a SecureString, which the function does not read. A write does not change the type. Remove it ` +
        "first: mappings remove.",
    );
  }
  const extra = [...current.values()].filter((one) => !desired.has(one.name) && removalOf(one).length > 0);
  const removed = extra.flatMap(removalOf);
  return {
    changes: [...written, ...(prune ? removed : [])].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1)),
    unchanged: desired.size - written.length,
    extra: prune ? [] : extra.map(({ name }) => name),
  };
}

/**
 * Empties a list instead of deleting it: a deletion has no version check, and would delete an entry that another
 * operator has just added. No change for an empty list.
 */
export function removalOf(before: Stored): Change[] {
  const { name } = before;
  if (entryKey(name) === undefined || before.secure) return [{ action: "remove", name, before, value: undefined }];
  return isSame(before, "[]") ? [] : [{ action: "change", name, before, value: "[]" }];
}

/** Whether the change removes a parameter, or all entries of a list. */
export function isRemoval({ value }: Change): boolean {
  return value === undefined || value === "[]";
}

function isSame(before: Stored, value: string): boolean {
  return !before.secure && isDeepStrictEqual(normal(before.value), normal(value));
}

/**
 * An interrupted apply must leave too many administrators rather than none. Denials are written before grants, and
 * lifted denials last.
 */
function rank(change: Change): number {
  const { action, before, value } = change;
  if (newDenials(change).length > 0) return 0;
  if (endedDenials(change).length > 0) return 6;
  if (mentionsAdministrators(value)) return 1;
  if (mentionsAdministrators(before?.value)) return 5;
  if (isRemoval(change)) return 4;
  return action === "add" ? 2 : 3;
}

/** Denials that a change adds or extends, so also an expired one that it renews. */
export function newDenials({ name, before, value }: Change): NamedDenial[] {
  return longerDenials(name, value, before?.value);
}

/** Denials that a change removes or shortens. */
export function endedDenials({ name, before, value }: Change): NamedDenial[] {
  return longerDenials(name, before?.value, value);
}

function longerDenials(parameter: string, value: string | undefined, than: string | undefined): NamedDenial[] {
  const others = denialsIn(parameter, than);
  return [...denialsIn(parameter, value)].flatMap(([key, denial]) =>
    denial.end > (others.get(key)?.end ?? Number.NEGATIVE_INFINITY) ? denial : [],
  );
}

/** The parameters after these changes. */
export function afterwards<P extends StoredParameter>(
  current: ReadonlyMap<string, P>,
  changes: readonly Change[],
): Map<string, P | Stored> {
  const after = new Map<string, P | Stored>(current);
  for (const change of changes) applyTo(after, change);
  return after;
}

interface State {
  delete(name: string): boolean;
  set(name: string, stored: Stored): unknown;
}

/** Changes `state`. */
export function applyTo(state: State, { name, before, value }: Change): void {
  if (value === undefined) state.delete(name);
  else state.set(name, { name, value, secure: false, version: (before?.version ?? 0) + 1, modified: 0 });
}
