// The parameters as a plan sees them, and which ones the function reads beside another.

import { isOfSet } from "../../../functions/authenticator/mapping/kinds.ts";
import {
  mappingParameter,
  type ParameterAddress,
  permissionSetInAnyCase,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import type { DatedParameter, StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { readValue, type Value } from "../entry-arns.ts";
import type { ReviewSettings } from "../evaluation.ts";

/** The parameters that were read, by name. Those that this plan writes have no date yet. */
export type States = ReadonlyMap<string, StoredParameter & Partial<DatedParameter>>;

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

export interface RuleSettings extends ReviewSettings {
  /**
   * What the rule depends on: its result is final if all of it has been read. The name of a parameter, `role/<account>`
   * for the account's roles, an account for all of its parameters, or `any` for every parameter.
   */
  readonly reading?: Set<string>;
  /** Changes that are requested and not written, such as those of a parameter that a stack manages: they stay pending. */
  readonly skipped?: readonly Wanted[];
}

export interface PlanState {
  readonly review: RuleSettings;
  /** The same state, with another set for what it depends on. */
  readonly observed: (reading: Set<string>) => PlanState;
  readonly stored: (name: string) => ReturnType<States["get"]>;
  /** The values that are still to be written, and those that are skipped; `undefined` for a removal. */
  readonly wanted: ReadonlyMap<string, StoredParameter | undefined>;
  /** The names of an account's parameters, stored and wanted. Of `any`: of every parameter. */
  readonly namesOf: (account: string) => readonly string[];
  /** The same for the mappings of a permission set's roles. */
  readonly rolesOf: (account: string, set: string) => readonly string[];
}

export function planState(changes: readonly Wanted[], states: States, review: RuleSettings): PlanState {
  const { prefix, skipped = [] } = review;
  const wanted = new Map([...skipped, ...changes].map(({ name, value }) => [name, storedText(value)]));
  const names = [...new Set([...states.keys(), ...wanted.keys()])];
  let byAccount: Map<string | undefined, readonly string[]> | undefined;
  const observed = (reading?: Set<string>): PlanState => ({
    review,
    wanted,
    observed,
    stored(name) {
      reading?.add(name);
      return states.get(name);
    },
    namesOf(account) {
      reading?.add(account);
      byAccount ??= Map.groupBy(names, (name) => readName(prefix, name)?.account);
      return account === "any" ? names : (byAccount.get(account) ?? []);
    },
    rolesOf(account, set) {
      reading?.add(`role/${account}`);
      const start = mappingParameter(prefix, "role", account, `AWSReservedSSO_${set}_`);
      return names.filter((name) => name.startsWith(start) && /^[0-9a-f]{16}$/.test(name.slice(start.length)));
    },
  });
  return observed(review.reading);
}

export function storedText(value: string | undefined): StoredParameter | undefined {
  return value === undefined ? undefined : { value, secure: false };
}

/** The states after these changes. */
export function afterwards(states: States, changes: readonly Wanted[]): States {
  const after = new Map(states);
  for (const { name, value } of changes) {
    if (value === undefined) after.delete(name);
    else after.set(name, { value, secure: false });
  }
  return after;
}

/** The stored value, and the wanted one if it is still to be written. */
export function valuesOf({ stored, wanted, review }: PlanState, name: string): readonly [Value, ...Value[]] {
  const now = readValue(name, stored(name), review);
  return wanted.has(name) ? [now, readValue(name, wanted.get(name), review)] : [now];
}

export function valuesIn(names: readonly string[], state: PlanState): readonly Value[] {
  return names.flatMap((name) => valuesOf(state, name));
}

/** The set of a permission set's parameters, or of the mapping of one of its roles. */
export function setOf({ kind, name }: ParameterAddress): string | undefined {
  if (isOfSet(kind)) return name;
  return kind === "role" ? permissionSetInAnyCase(name) : undefined;
}

/** A list of sessions denies AWS-signed tokens, so it is both higher and lower than the mappings of the set's roles. */
export function higherThan(address: ParameterAddress, { rolesOf, review: { prefix } }: PlanState): readonly string[] {
  const { kind, account } = address;
  const set = setOf(address);
  if (set === undefined) return [];
  const sessions = mappingParameter(prefix, "sso-session", account, set);
  if (kind === "role") return [sessions];
  return [...rolesOf(account, set), ...(kind === "sso" ? [sessions] : [])];
}

export function lowerThan(address: ParameterAddress, { namesOf, review: { prefix } }: PlanState): readonly string[] {
  const { kind, account } = address;
  if (kind === "account" || kind === "deny") return [];
  const broader = [mappingParameter(prefix, "pattern", "any"), mappingParameter(prefix, "account", account)];
  if (kind === "pattern")
    return account === "any" ? namesOf("any").filter((name) => name.startsWith(`${prefix}/account/`)) : broader;
  const set = setOf(address);
  const sets = kind === "role" ? (["sso-session", "sso"] as const) : kind === "sso-session" ? (["sso"] as const) : [];
  return [
    ...(set === undefined ? [] : sets.map((one) => mappingParameter(prefix, one, account, set))),
    mappingParameter(prefix, "pattern", account),
    ...broader,
  ];
}

export function denyListsFor({ account }: ParameterAddress, { prefix }: ReviewSettings): readonly string[] {
  return [mappingParameter(prefix, "deny", account), mappingParameter(prefix, "deny", "any")];
}

/** Every parameter that may be read beside this one. */
export function branchOf({ account }: ParameterAddress, { namesOf, review: { prefix } }: PlanState) {
  const ofAny =
    account === "any" ? [] : [mappingParameter(prefix, "pattern", "any"), mappingParameter(prefix, "deny", "any")];
  return [...namesOf(account), ...ofAny];
}
