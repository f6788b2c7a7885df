// The parameters as a plan sees them: stored values, wanted values, and which parameters apply before or after others.

import {
  denyParameter,
  mappingParameter,
  permissionSetInAnyCase,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import {
  type ParameterAddress,
  type ParameterKind,
  readName,
} from "../../functions/authenticator/mapping/read-name.ts";
import {
  type DatedParameter,
  MAPPING_FOUND_MS,
  type StoredParameter,
} from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readValue, type Value } from "./entries.ts";

/** The parameters that were read, by name. Those that this plan writes have no date yet. */
export type States = ReadonlyMap<string, StoredParameter & Partial<DatedParameter>>;

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * What the rule has looked at: its result is final if all of it has been read. The name of a parameter, `role/<account>`
 * for the account's roles, an account for all of its parameters, or `any` for every parameter.
 */
export type Reading = Set<string>;

export interface RuleContext extends EvaluationContext {
  readonly reading?: Reading;
}

export interface PlanState {
  readonly context: RuleContext;
  readonly stored: (name: string) => ReturnType<States["get"]>;
  /** The values that are still to be written; `undefined` for a removal. */
  readonly wanted: ReadonlyMap<string, StoredParameter | undefined>;
  /** The names of an account's parameters, stored and wanted. Of `any`: of every parameter. */
  readonly namesOf: (account: string) => readonly string[];
  /** The same for the mappings of a permission set's roles. */
  readonly rolesOf: (account: string, set: string) => readonly string[];
}

export function planState(changes: readonly Wanted[], states: States, context: RuleContext): PlanState {
  const { prefix, reading } = context;
  const wanted = new Map(changes.map(({ name, value }) => [name, parameterOf(value)]));
  const names = once(() => [...new Set([...states.keys(), ...wanted.keys()])]);
  const byAccount = once(() => Map.groupBy(names(), (name) => readName(prefix, name)?.account));
  const bySet = once(() => Map.groupBy(names(), (name) => name.replace(/_[0-9a-f]{16}$/, "")));
  return {
    context,
    wanted,
    stored(name) {
      reading?.add(name);
      return states.get(name);
    },
    namesOf(account) {
      reading?.add(account);
      return account === "any" ? names() : (byAccount().get(account) ?? []);
    },
    rolesOf(account, set) {
      reading?.add(`role/${account}`);
      return bySet().get(mappingParameter(prefix, "role", account, `AWSReservedSSO_${set}`)) ?? [];
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export function parameterOf(value: string | undefined): StoredParameter | undefined {
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

/** The set of a permission set's parameters, or of the mapping of one of its roles. In lower case. */
export function setOf({ kind, name }: ParameterAddress): string | undefined {
  if (kind === "sso" || kind === "sso-session") return name;
  return kind === "role" ? permissionSetInAnyCase(name) : undefined;
}

/** The stored value, and the wanted one if it is still to be written. */
export function valuesOf({ stored, wanted, context }: PlanState, name: string): readonly [Value, ...Value[]] {
  const now = readValue(name, stored(name), context);
  return wanted.has(name) ? [now, readValue(name, wanted.get(name), context)] : [now];
}

/** In milliseconds: a review that began with the earlier value takes up to 5 s. */
export const SETTLED_MS = MAPPING_FOUND_MS + 5_000;

/** Whether the function may still use an earlier value. */
export function isRecent({ stored, context }: PlanState, name: string): boolean {
  return (stored(name)?.modified ?? Number.NEGATIVE_INFINITY) + SETTLED_MS > context.now;
}

const PRINCIPALS: readonly ParameterKind[] = ["role", "user", "root", "federated-user", "sso", "sso-session"];

export function isOfOnePrincipal({ kind }: ParameterAddress): boolean {
  return PRINCIPALS.includes(kind);
}

/** A list of sessions denies AWS-signed tokens, so it is both higher and lower than the mappings of the set's roles. */
export function higherThan(address: ParameterAddress, { rolesOf, context: { prefix } }: PlanState): readonly string[] {
  const { kind, account } = address;
  const set = setOf(address);
  if (set === undefined) return [];
  const sessions = mappingParameter(prefix, "sso-session", account, set);
  if (kind === "role") return [sessions];
  return [...rolesOf(account, set), ...(kind === "sso" ? [sessions] : [])];
}

export function lowerThan(address: ParameterAddress, { namesOf, context: { prefix } }: PlanState): readonly string[] {
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

export function denyListsFor({ account }: ParameterAddress, { prefix }: EvaluationContext): readonly string[] {
  return [denyParameter(prefix, account), denyParameter(prefix, "any")];
}

/** Every parameter that may be read beside this one. */
export function branchOf({ account }: ParameterAddress, { namesOf, context: { prefix } }: PlanState) {
  const ofAny = account === "any" ? [] : [mappingParameter(prefix, "pattern", "any"), denyParameter(prefix, "any")];
  return [...namesOf(account), ...ofAny];
}
