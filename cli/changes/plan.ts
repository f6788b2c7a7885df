// What must be written for Parameter Store to hold what a file says. Nothing is written here.

import { isDeepStrictEqual } from "node:util";
import { mentionsAdministrators } from "../access/administrators.ts";
import { denialsIn, type NamedDenial } from "../access/denials.ts";
import type { Stored } from "../aws/parameter.ts";
import { usage } from "../errors.ts";
import { normal } from "../mappings/file/read-parameter.ts";
import { entryKey, type Items } from "./merge-list.ts";

export interface Change {
  readonly action: "add" | "change" | "remove";
  readonly name: string;
  /** What was seen when the change was planned; `undefined`: nothing was there. */
  readonly before: Stored | undefined;
  /** `undefined` removes. */
  readonly value: string | undefined;
  /** Written only when the function's caches have read the changes before it. */
  readonly waits?: true;
  /** For the plan, instead of what the value says. */
  readonly shown?: string;
  /** Of a list: throws where it must not become this one. Called again for what is merged with a change of others. */
  readonly check?: (items: Items) => void;
}

export interface Plan {
  /** Denials, then what lets somebody in, then what shuts somebody out; safe-order.ts has the last word on it. */
  readonly changes: readonly Change[];
  readonly unchanged: number;
  /** Names that exist and are in no file; they stay without `--prune`. */
  readonly extra: readonly string[];
}

/** Throws where the function would never read what is written. */
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
      `${secure.name} is a SecureString, which the function never reads, and a write does not change that. Remove it ` +
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
 * A list is emptied: a deletion has no version check, and would take an entry along that somebody else has just added.
 * Nothing for a list that is empty already.
 */
export function removalOf(before: Stored): Change[] {
  const { name } = before;
  if (entryKey(name) === undefined || before.secure) return [{ action: "remove", name, before, value: undefined }];
  return isSame(before, "[]") ? [] : [{ action: "change", name, before, value: "[]" }];
}

/** Whether it takes a parameter, or all entries of a list, away. */
export function isRemoval({ value }: Change): boolean {
  return value === undefined || value === "[]";
}

function isSame(before: Stored, value: string): boolean {
  return !before.secure && isDeepStrictEqual(normal(before.value), normal(value));
}

/**
 * An interrupted apply must leave too many administrators rather than none. Denials come before everything that grants,
 * and lifted denials last.
 */
function rank(change: Change): number {
  const { name, action, before, value } = change;
  if (newDenials(change).length > 0) return 0;
  if (longerDenials(name, before?.value, value).length > 0) return 6;
  if (mentionsAdministrators(value)) return 1;
  if (mentionsAdministrators(before?.value)) return 5;
  if (isRemoval(change)) return 4;
  return action === "add" ? 2 : 3;
}

/** Those that a change makes, or gives a later end: one that is over already is renewed so. */
export function newDenials({ name, before, value }: Change): NamedDenial[] {
  return longerDenials(name, value, before?.value);
}

function longerDenials(parameter: string, value: string | undefined, than: string | undefined): NamedDenial[] {
  const others = denialsIn(parameter, than, 0);
  return [...denialsIn(parameter, value, 0)].flatMap(([key, denial]) =>
    denial.end > (others.get(key)?.end ?? Number.NEGATIVE_INFINITY) ? denial : [],
  );
}

/** The parameters as they will be. */
export function afterwards(current: ReadonlyMap<string, Stored>, changes: readonly Change[]): Map<string, Stored> {
  const after = new Map(current);
  for (const { name, before, value } of changes) {
    if (value === undefined) after.delete(name);
    else after.set(name, { name, value, secure: false, version: (before?.version ?? 0) + 1, modified: 0 });
  }
  return after;
}
