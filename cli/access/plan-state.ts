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
import type { DatedParameter, StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readValue, type Value } from "./entries.ts";

/** The stored parameters that were read for judging, by name. */
export type States = ReadonlyMap<string, DatedParameter>;

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

export interface PlanState {
  readonly context: EvaluationContext;
  readonly stored: States;
  /** The values that are still to be written; `undefined` for a removal. */
  readonly wanted: ReadonlyMap<string, StoredParameter | undefined>;
  readonly names: Names;
}

/** The names of stored and wanted parameters. */
interface Names {
  readonly ofAccount: ReadonlyMap<string, readonly string[]>;
  /** Without the suffix of a permission set's role. */
  readonly ofSet: ReadonlyMap<string, readonly string[]>;
}

/** The states after these changes. */
export function afterwards(states: States, changes: readonly Wanted[]): States {
  const after = new Map(states);
  for (const { name, value } of changes) {
    if (value === undefined) after.delete(name);
    else after.set(name, { value, secure: false, modified: 0 });
  }
  return after;
}

/** In milliseconds: the function caches a parameter for 30 s, and a review takes up to 5 s. */
export const SETTLED_MS = 35_000;

export function indexNames(names: Iterable<string>, { prefix }: EvaluationContext): Names {
  const all = [...names];
  return {
    ofAccount: Map.groupBy(all, (name) => readName(prefix, name)?.account ?? ""),
    ofSet: Map.groupBy(all, (name) => name.replace(/_[0-9a-f]{16}$/, "")),
  };
}

/** The set of a permission set's parameters, or of the mapping of one of its roles. In lower case. */
export function setOf({ kind, name }: ParameterAddress): string | undefined {
  if (kind === "sso" || kind === "sso-session") return name;
  return kind === "role" ? permissionSetInAnyCase(name) : undefined;
}

/** The stored value, and the wanted one if it is still to be written. */
export function valuesOf({ stored, wanted, context }: PlanState, name: string): readonly Value[] {
  const now = readValue(name, stored.get(name), context);
  return wanted.has(name) ? [now, readValue(name, wanted.get(name), context)] : [now];
}

/** Whether the function may still use an earlier value. */
export function isRecent({ stored, context }: Pick<PlanState, "stored" | "context">, name: string): boolean {
  return (stored.get(name)?.modified ?? Number.NEGATIVE_INFINITY) + SETTLED_MS > context.now;
}

const PRINCIPALS: readonly ParameterKind[] = ["role", "user", "root", "federated-user", "sso", "sso-session"];

export function isOfOnePrincipal({ kind }: ParameterAddress): boolean {
  return PRINCIPALS.includes(kind);
}

/** The other parameters that are read for a principal of a permission set. */
function namesOfSet(address: ParameterAddress, { names, context: { prefix } }: PlanState) {
  const { account } = address;
  const set = setOf(address);
  if (set === undefined) return { roles: [], sessions: [], sets: [] };
  const name = (kind: "sso" | "sso-session") => mappingParameter(prefix, kind, account, set);
  const role = mappingParameter(prefix, "role", account, `AWSReservedSSO_${set}`);
  return { roles: names.ofSet.get(role) ?? [], sessions: [name("sso-session")], sets: [name("sso")] };
}

/** A list of sessions denies AWS-signed tokens, so it is both higher and lower than the mappings of the set's roles. */
export function higherThan(address: ParameterAddress, state: PlanState): readonly string[] {
  const { roles, sessions } = namesOfSet(address, state);
  if (address.kind === "role") return sessions;
  if (address.kind === "sso-session") return roles;
  return address.kind === "sso" ? [...roles, ...sessions] : [];
}

export function lowerThan(address: ParameterAddress, state: PlanState): readonly string[] {
  const { kind, account } = address;
  const { prefix } = state.context;
  if (kind === "account" || kind === "deny") return [];
  if (kind === "pattern" && account === "any")
    return [...state.names.ofAccount.keys()].map((of) => mappingParameter(prefix, "account", of));
  const [ofAccount, ofAny] = [account, "any"].map((of) => mappingParameter(prefix, "pattern", of));
  const broad = [ofAny ?? "", mappingParameter(prefix, "account", account)];
  if (kind === "pattern") return broad;
  const { sessions, sets } = namesOfSet(address, state);
  const own = kind === "role" ? [...sessions, ...sets] : kind === "sso-session" ? sets : [];
  return [...own, ofAccount ?? "", ...broad];
}

export function denyListsFor({ account }: ParameterAddress, { prefix }: EvaluationContext): readonly string[] {
  return [denyParameter(prefix, account), denyParameter(prefix, "any")];
}

/** Every parameter that may be read beside this one. */
export function branchOf({ account }: ParameterAddress, { names }: PlanState): readonly string[] {
  if (account === "any") return [...names.ofAccount.values()].flat();
  return [...(names.ofAccount.get(account) ?? []), ...(names.ofAccount.get("any") ?? [])];
}
