// Reads a stored value of any kind as entries, each of which is valid or has a problem.

import { parseStored } from "../lib/json.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { CALLER_RULE, type Caller, isCaller } from "./caller/caller.ts";
import { checkDenyEntry, type DenyEntry, type DenyScope } from "./mapping/deny-list.ts";
import { isListKind, isParameterKind, type ParameterKind } from "./mapping/kinds.ts";
import { checkMapping, type Mapping, repeatedKeyProblem } from "./mapping/mapping.ts";

export type StoredKind = ParameterKind | "callers";

type EntryOf<Kind extends StoredKind> = Kind extends "deny"
  ? DenyEntry
  : Kind extends "callers"
    ? Caller
    : Mapping;

/** `problem` is a phrase for an operator. */
type StoredEntry<Entry> =
  | { readonly value: Entry; readonly problem: undefined }
  | { readonly value: unknown; readonly problem: string };

export interface StoredValue<Entry> {
  /** Whether it is a String with JSON, and a list if its kind is one. */
  readonly isReadable: boolean;
  /** Each entry of a list, or the only one. Empty if the value is not readable. */
  readonly entries: readonly StoredEntry<Entry>[];
  /**
   * Phrases for an operator: why it is not readable, or for each invalid entry its problem, with
   * its number in a list.
   */
  readonly problems: readonly string[];
}

/** Reads a stored value. `scope` is for a deny list only. */
export function readStored<Kind extends StoredKind>(
  kind: Kind,
  scope: DenyScope,
  { value: text, secure }: StoredParameter,
): StoredValue<EntryOf<Kind>> {
  const unreadable = (problem: string) => ({ isReadable: false, entries: [], problems: [problem] });
  if (secure) return unreadable("a SecureString: it must be of type String");
  const value = parseStored(text);
  if (value === undefined) return unreadable("not JSON");
  const isList = kind === "callers" || isListKind(kind);
  if (isList && !Array.isArray(value)) return unreadable("not a JSON list");
  const items = (isList ? value : [value]) as readonly unknown[];
  const entries = items.map((item) => ({ value: item, problem: problemOf(kind, scope, item) }));
  const problems = entries.flatMap(({ problem }, index) => {
    if (problem === undefined) return [];
    return isList ? `entry ${index + 1}: ${problem}` : problem;
  });
  return { isReadable: true, entries: entries as StoredEntry<EntryOf<Kind>>[], problems };
}

function problemOf(kind: StoredKind, scope: DenyScope, item: unknown): string | undefined {
  if (kind === "callers")
    return isCaller(item) ? undefined : (repeatedKeyProblem(item) ?? CALLER_RULE);
  const check = kind === "deny" ? checkDenyEntry(item, scope) : checkMapping(item, kind);
  return check.valid ? undefined : check.problem;
}

/** A stored parameter, with the kind and account from its name. */
export interface NamedParameter extends StoredParameter {
  /** A kind of mapping, `deny` or `callers`. */
  readonly kind: string;
  /** 12 digits or `any`. Empty for callers. */
  readonly account: string;
}

/** Reads a stored value; returns `undefined` for a kind that this version does not know. */
export function readNamed(
  { kind, account, ...stored }: NamedParameter,
  partition: string,
): StoredValue<object> | undefined {
  const isKnown = kind === "callers" || isParameterKind(kind);
  return isKnown ? readStored(kind as StoredKind, { account, partition }, stored) : undefined;
}

/**
 * Returns a form that all versions share: whether each entry is valid, `false` for an unreadable
 * value, `null` if unknown.
 */
export function validityOf(read: StoredValue<object> | undefined): boolean[] | false | null {
  if (read === undefined) return null;
  return read.isReadable && read.entries.map(({ problem }) => problem === undefined);
}
