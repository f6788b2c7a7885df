// From entries to the parameters that hold them, and back: one parameter is one mapping, or a list of patterns.

import { checkMapping, type Mapping, type MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { usage } from "../errors.ts";
import type { Entry, Problem } from "./entry.ts";

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const MAX_BYTES = 4096;

const KEYS = ["arn", "arnLike", "username", "groups", "principalId", "notAfter", "deny", "description"] as const;

export interface Placement {
  readonly values: ReadonlyMap<string, string>;
  /** What would not be one parameter; of entries for the same one, the first is in `values`. */
  readonly problems: readonly {
    readonly name: string;
    readonly rule: "duplicate" | "invalid";
    readonly problem: string;
  }[];
}

export function placeEntries(prefix: string, entries: readonly Entry[]): Placement {
  const byName = Map.groupBy(entries, ({ kind, account, name }) => mappingParameter(prefix, kind, account, name));
  const values = new Map<string, string>();
  const problems: Placement["problems"][number][] = [];
  for (const [name, [first, ...others]] of byName) {
    if (first === undefined) continue;
    const isList = first.kind === "pattern";
    if (!isList && others.length > 0) {
      problems.push({ name, rule: "duplicate", problem: `${others.length + 1} mappings for one parameter` });
    }
    const value = isList ? [first, ...others].map(({ mapping }) => inOrder(mapping)) : inOrder(first.mapping);
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_BYTES) {
      problems.push({ name, rule: "invalid", problem: `${bytes} bytes, of the ${MAX_BYTES} that a parameter holds` });
    }
    values.set(name, text);
  }
  return { values, problems };
}

/** Throws where two entries want the same parameter, or one is too long. */
export function toParameters(prefix: string, entries: readonly Entry[]): ReadonlyMap<string, string> {
  const { values, problems } = placeEntries(prefix, entries);
  if (problems.length > 0) throw usage(problems.map(({ name, problem }) => `${name}: ${problem}.`).join("\n"));
  return values;
}

function inOrder(mapping: Mapping): Mapping {
  return Object.fromEntries(KEYS.flatMap((key) => (mapping[key] === undefined ? [] : [[key, mapping[key]]])));
}

export interface Reading {
  /** `undefined` for a name under which no review looks. */
  readonly kind: MappingKind | undefined;
  readonly account: string;
  readonly entries: readonly Entry[];
  /** What is wrong with the parameter as a whole, or with one mapping in it. */
  readonly problems: readonly string[];
}

const NAME =
  /^\/(?:(role|user|federated-user|sso)\/(\d{12})\/([a-z0-9_.-]+)|(root|account)\/(\d{12})|(pattern)\/(\d{12}|any))$/;

/** The kind and account of a parameter's name; `undefined` for one that no review reads. */
export function readName(prefix: string, parameter: string): Omit<Entry, "mapping"> | undefined {
  const match = parameter.startsWith(prefix) ? NAME.exec(parameter.slice(prefix.length)) : null;
  if (match === null) return undefined;
  const [, named, ofNamed, encoded = "", whole, ofWhole, pattern, ofPattern] = match;
  const kind = (named ?? whole ?? pattern) as MappingKind;
  return { kind, account: ofNamed ?? ofWhole ?? ofPattern ?? "", name: decodeName(encoded) };
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

/** The inverse of the function's `encodeName`, in lower case. */
function decodeName(encoded: string): string {
  return encoded.replace(/\.([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Whether two values mean the same; neither white space nor the order of keys counts. */
export function normal(value: string): unknown {
  const parsed = parseJson(value);
  return isObject(parsed) || Array.isArray(parsed) ? parsed : value;
}
