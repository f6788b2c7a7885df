// Computes the changes from the stored parameters to the desired ones, without writing them.

import { isDeepStrictEqual } from "node:util";
import type { Stored } from "../aws/parameter.ts";
import { usage } from "../errors.ts";
import { isStored } from "../store/value.ts";
import { entryKey, type Items, itemsOf } from "./merge-list.ts";

export interface Change {
  readonly action: "add" | "change" | "remove";
  readonly name: string;
  /** The stored parameter when the change was planned; `undefined` if it did not exist. */
  readonly before: Stored | undefined;
  /** `undefined` removes the parameter. */
  readonly value: string | undefined;
  /** Of a list: whether the command writes another value later. */
  readonly isInterim?: boolean;
  /** Printed in the plan instead of the value. */
  readonly shown?: string;
  /** For a list: throws if these items must not be written. Called again after a merge with a concurrent change. */
  readonly check?: (items: Items) => void;
}

export interface Plan {
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
    return isStored(value, before) ? [] : [{ action: "change", name, before, value }];
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
    changes: [...written, ...(prune ? removed : [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
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
  return isStored("[]", before) ? [] : [{ action: "change", name, before, value: "[]" }];
}

/** Whether the change removes a parameter, or all entries of a list. */
export function isRemoval({ value }: Change): boolean {
  return value === undefined || value === "[]";
}

/** Whether a deny list gets an entry, or another end of one. */
export function addsDenial({ name, before, value }: Change): boolean {
  if (!/\/deny\/(?:\d{12}|any)$/.test(name)) return false;
  const old = itemsOf(before?.value) ?? [];
  return (itemsOf(value) ?? []).some((item) => !old.some((other) => isDeepStrictEqual(item, other)));
}
