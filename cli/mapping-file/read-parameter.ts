// From a parameter to the entries in it, and in words what is wrong.

import { checkMapping, type MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Entry, Problem } from "./entry.ts";
import { readName } from "./parameter-name.ts";

export interface Reading {
  /** `undefined` for a name under which no review looks. */
  readonly kind: MappingKind | undefined;
  readonly account: string;
  readonly entries: readonly Entry[];
  /** What is wrong with the parameter as a whole, or with one mapping in it. */
  readonly problems: readonly string[];
}

/** What a parameter holds: its entries, and in words what is wrong. */
export function readParameter(prefix: string, parameter: string, stored: StoredParameter): Reading {
  const place = readName(prefix, parameter);
  if (place === undefined) return unreadable(undefined, "", "no review reads this name");
  const { kind, account } = place;
  if (stored.secure) return unreadable(kind, account, "a SecureString, which is never read");
  const value = parseJson(stored.value);
  if (value === undefined) return unreadable(kind, account, "not JSON");
  if (kind === "pattern" && !Array.isArray(value)) return unreadable(kind, account, "not a JSON list");
  const read = (kind === "pattern" ? (value as unknown[]) : [value]).map((item) => readValue(item, place));
  return {
    kind,
    account,
    entries: read.filter((item): item is Entry => !("problem" in item)),
    problems: read.flatMap((item, index) => {
      if (!("problem" in item)) return [];
      return kind === "pattern" ? `pattern ${index + 1}: ${item.problem}` : item.problem;
    }),
  };
}

function unreadable(kind: MappingKind | undefined, account: string, problem: string): Reading {
  return { kind, account, entries: [], problems: [problem] };
}

function readValue(value: unknown, place: Omit<Entry, "mapping">): Entry | Problem {
  const check = checkMapping(value, place.kind);
  if (!check.valid) return { problem: check.problem };
  const { mapping } = check;
  // A name is lower-cased in a parameter's name; in its value it stands as it was written.
  const written = mapping.arn === undefined || place.name === "" ? place.name : lastPart(mapping.arn);
  return { ...place, name: written, mapping };
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}

/** Whether two values mean the same; neither white space nor the order of keys counts. */
export function normal(value: string): unknown {
  const parsed = parseJson(value);
  return isObject(parsed) || Array.isArray(parsed) ? parsed : value;
}
