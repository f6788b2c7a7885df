// The list of callers: reads it, and plans its changes.

import { isCaller } from "../../functions/authenticator/caller/caller.ts";
import { isObject, parseStored } from "../../functions/lib/json.ts";
import { isExpired } from "../../functions/lib/time.ts";
import { callersParameter } from "../../functions/parameters/names.ts";
import { readSome } from "../aws/parameter-store.ts";
import type { Store } from "../aws/store.ts";
import { finding, usage } from "../io/errors.ts";
import {
  type Items,
  type VersionedParameter,
  type VersionedParameters,
  valueText,
} from "../model/stored.ts";
import type { Plan } from "./changes.ts";

interface Callers {
  readonly parameter: string;
  readonly stored: VersionedParameter | undefined;
  /** The stored parameter by its name, for a plan. */
  readonly known: VersionedParameters;
  /** As stored, including invalid entries, which the function skips. */
  readonly entries: Items;
}

export async function readCallers({ ssm, review }: Store, signal: AbortSignal): Promise<Callers> {
  const parameter = callersParameter(review.prefix);
  const known = await readSome(ssm, [parameter], signal);
  const stored = known.get(parameter);
  if (stored?.secure) {
    throw usage(
      `${parameter} is a SecureString, which the function does not read: no caller is accepted. Remove it.`,
    );
  }
  const entries = stored === undefined ? [] : parseStored(stored.value);
  if (!Array.isArray(entries)) {
    throw usage(`${parameter} is not a JSON list: no caller is accepted. Correct or remove it.`);
  }
  return { parameter, stored, known, entries };
}

/**
 * Plans to replace the list with `items`. `check` throws if these, or the list after a merge, must
 * not be written.
 */
export function planCallers(callers: Callers, items: Items, check: (items: Items) => void): Plan {
  const { parameter: name, stored: before } = callers;
  const action = before === undefined ? "add" : "change";
  return {
    changes: [{ action, name, before, value: valueText(name, items), check }],
    unchanged: 0,
    extra: [],
  };
}

/** Throws if an unchanged entry is invalid: a change must neither make it valid nor hide it. */
export function checkNeighbours(
  entries: Items,
  parameter: string,
  isChanged = (_: unknown) => false,
): void {
  const invalid = entries.flatMap((entry, index) => {
    if (isCaller(entry) || isChanged(entry)) return [];
    const name = callerName(entry);
    return name === "" ? `${index + 1}` : `${index + 1} (${name})`;
  });
  if (invalid.length === 0) return;
  throw finding(
    `Nothing was written: ${parameter} has invalid entries: ${invalid.join(", ")}. Remove each by name ` +
      "(callers remove), or correct the parameter.",
  );
}

export function callerName(entry: unknown): string {
  return isObject(entry) && typeof entry["name"] === "string" ? entry["name"] : "";
}

/** Returns how the function treats an entry at `now`, in milliseconds since 1970. */
export function callerState(entry: unknown, now: number): "accepted" | "ended" | "invalid" {
  if (!isCaller(entry)) return "invalid";
  return isExpired(entry.notAfter, now) ? "ended" : "accepted";
}
