// One entry of a parameter: a mapping or a denial, with the kind, account and name of its
// parameter.

import type { DenyEntry } from "../../functions/authenticator/mapping/deny-list.ts";
import {
  ARNS,
  isOfSet,
  KINDS,
  kindsWhere,
  type MappingKind,
  type ParameterKey,
  type ParameterKind,
} from "../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import {
  mappingParameter,
  type ParameterAddress,
  permissionSetRole,
  readName,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { readStored, type StoredValue } from "../../functions/authenticator/read-stored.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

/**
 * A valid mapping or denial, from a parameter, a file or options. Code that reads `arnLike` must
 * first ask for the kind: a denial may have a name instead, and to skip it grants access.
 */
export type Entry = MappingEntry | DenialEntry;

export interface MappingEntry extends ParameterAddress {
  readonly kind: MappingKind;
  readonly mapping: Mapping;
  /** The file and the line of an entry from a file. */
  readonly where?: string;
}

export interface DenialEntry extends ParameterAddress {
  readonly kind: "deny";
  readonly mapping: DenialValue;
  readonly where?: string;
}

/** The value of a denial, which has none of the other keys of a mapping. */
export type DenialValue = DenyEntry & {
  readonly [Key in Exclude<keyof Mapping, "arnLike" | "notAfter" | "description">]?: never;
};

/** Returns the name of the parameter that holds the entry. */
export function parameterOf(prefix: string, { kind, account, name }: ParameterAddress): string {
  return mappingParameter(prefix, kind, account, name);
}

/** Returns the names of the lists for any account. */
export function listsForAny(prefix: string): readonly string[] {
  const isForAny = (kind: ParameterKind) => KINDS[kind].path === "account or any";
  return kindsWhere(isForAny).map((kind) => mappingParameter(prefix, kind, "any"));
}

/**
 * Returns patterns for the ARNs of the principals that a parameter is for, and of their sessions,
 * without `arn:` and partition. Empty for a list of patterns, whose entries state them.
 *
 * @param session default: every session
 * @param suffix that of a permission set's role: `0` for an ARN, `?` for a pattern
 */
export function arnsOfAddress(
  { kind, account, name }: ParameterAddress,
  session = "*",
  suffix: "0" | "?" = "?",
) {
  const role = isOfSet(kind) ? permissionSetRole(name, suffix) : name;
  const values: Readonly<Record<string, string>> = { account, name: role, session };
  const filled = (text: string) =>
    text.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? "");
  const { arns, sessions = [] } = ARNS[kind];
  return { arns: arns.map(filled), sessions: sessions.map(filled) };
}

/** Returns the default list of a pattern: that of the account in its ARN, or `any`. */
export function accountOf(arnLike: string): string {
  const section = arnLike.split(":")[4] ?? "";
  return /^\d{12}$/.test(section) ? section : "any";
}

/** Returns the pattern or the name in a denial, as it is written. */
export function deniedIn(denial: DenyEntry): string {
  return "name" in denial ? denial.name : denial.arnLike;
}

/**
 * Returns the entry for a message: its ARN, its pattern, or a name such as
 * `sso/111122223333/ClusterAdmin`.
 *
 * @param article of a denial: with a capital letter where the entry begins a sentence
 */
export function nameOfEntry(
  { kind, account, name, mapping }: Entry,
  article: "the" | "The" = "the",
): string {
  if (kind === "deny") return `${article} denial of ${deniedIn(mapping)}`;
  const { arn, arnLike, session } = mapping;
  return (
    arn ??
    arnLike ??
    `${kind}/${account}${name && `/${name}`}${session === undefined ? "" : ` (${session})`}`
  );
}

/**
 * Returns the name to type as `<who>`: that of sessions is their permission set's, with --session.
 */
export function identityName({ kind, account, name }: ParameterAddress): string {
  return `${kind === "sso-session" ? "sso" : kind}/${account}${name && `/${name}`}`;
}

/** Returns the values without the keys that are `undefined`. */
export function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/**
 * The keys in the order of the documentation. It is a record, so that a new key does not compile
 * without its place.
 */
const ORDER: Readonly<Record<ParameterKey | keyof Mapping, true>> = {
  arn: true,
  arnLike: true,
  name: true,
  session: true,
  username: true,
  groups: true,
  principalId: true,
  notAfter: true,
  description: true,
};

const KEYS = Object.keys(ORDER);

/** Sorts the keys in the order of the documentation. */
export function inOrder<Value extends Mapping | DenyEntry>(value: Value): Value {
  const all = Object.entries(value);
  return Object.fromEntries(
    KEYS.flatMap((key) => all.filter(([name, text]) => name === key && text !== undefined)),
  ) as Value;
}

/** The problem of a parameter whose name no mapping, deny list or list of sessions has. */
export const NOT_A_MAPPING = "not a mapping: the authenticator ignores it";

/**
 * Reads a parameter. Returns its valid entries in their order, and its problems as phrases for an
 * operator: why the value is invalid, or one for each invalid entry. Without `partition`, denials
 * for another partition are valid.
 */
export function readParameter(
  prefix: string,
  parameter: string,
  stored: StoredParameter,
  partition?: string,
): { readonly entries: readonly Entry[]; readonly problems: readonly string[] } {
  const address = readName(prefix, parameter);
  if (address === undefined) return { entries: [], problems: [NOT_A_MAPPING] };
  const { kind, account, name } = address;
  const { entries, problems }: StoredValue<Mapping | DenialValue> = readStored(
    kind,
    { account, partition },
    stored,
  );
  const valid = entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
  return {
    entries: valid.map((mapping): Entry => {
      const { arn } = mapping;
      // A parameter's name is in lower case. Its value keeps the case.
      const spelled = arn === undefined || name === "" ? name : arn.slice(arn.lastIndexOf("/") + 1);
      return {
        kind,
        account,
        name: spelled,
        mapping: kind === "deny" ? inOrder(mapping) : mapping,
      } as Entry;
    }),
    problems,
  };
}
