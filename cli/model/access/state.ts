// The parameters as a plan sees them, and which ones the function reads beside another.

import {
  KINDS,
  type NameKind,
  type ParameterKind,
} from "../../../functions/authenticator/mapping/kinds.ts";
import {
  mappingParameter,
  type ParameterAddress,
  permissionSetInAnyCase,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { asciiLowerCase } from "../../../functions/lib/text.ts";
import type {
  DatedParameter,
  StoredParameter,
} from "../../../functions/parameters/stored-parameter.ts";
import { listsForAny } from "../entry.ts";
import { type EffectiveValue, readValue } from "../entry-arns.ts";
import type { ReviewSettings } from "../evaluation.ts";
import type { Looks } from "../looks.ts";

/** The parameters that were read, by name. Those that this plan writes have no date yet. */
export type States = ReadonlyMap<string, StoredParameter & Partial<DatedParameter>>;

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

export interface RuleSettings extends ReviewSettings {
  /** Receives what the rule depends on: its result is final if all of it has been read. */
  readonly reading?: Looks;
  /**
   * Changes that are requested and not written, such as those of a parameter that a stack manages:
   * they stay pending.
   */
  readonly skipped?: readonly Wanted[];
}

/**
 * A cluster at one step of a plan, as the rule of access sees it: the stored values, and beside
 * them the values that are still to be written, since a write may happen before or after another.
 */
export interface PlanState {
  readonly review: RuleSettings;
  /** Returns the same state, which adds what it depends on to other looks. */
  readonly observed: (reading: Looks) => PlanState;
  /** Returns a stored parameter, and records that the rule depends on it. */
  readonly stored: (name: string) => ReturnType<States["get"]>;
  /**
   * The values that are still to be written, and those that are skipped; `undefined` for a removal.
   */
  readonly wanted: ReadonlyMap<string, StoredParameter | undefined>;
  /**
   * Returns the names of an account's parameters, stored and wanted; with `any`, those of every
   * account.
   */
  readonly namesOf: (account: string) => readonly string[];
  /** Returns the names of the mappings of a permission set's roles, stored and wanted. */
  readonly rolesOf: (account: string, set: string) => readonly string[];
}

export function planState(
  changes: readonly Wanted[],
  states: States,
  review: RuleSettings,
): PlanState {
  const { prefix, skipped = [] } = review;
  const wanted = new Map(
    [...skipped, ...changes].map(({ name, value }) => [name, storedText(value)]),
  );
  const names = [...new Set([...states.keys(), ...wanted.keys()])];
  let byAccount: Map<string | undefined, readonly string[]> | undefined;
  /** The roles of permission sets, by account and set. */
  let bySet: Map<string | undefined, readonly string[]> | undefined;
  const observed = (reading?: Looks): PlanState => ({
    review,
    wanted,
    observed,
    stored(name) {
      reading?.names.add(name);
      return states.get(name);
    },
    namesOf(account) {
      reading?.accounts.add(account);
      byAccount ??= Map.groupBy(names, (name) => readName(prefix, name)?.account);
      return account === "any" ? names : (byAccount.get(account) ?? []);
    },
    rolesOf(account, set) {
      reading?.accountsOfRoles.add(account);
      bySet ??= Map.groupBy(names, (name) => {
        const address = readName(prefix, name);
        return address?.kind === "role" ? `${address.account} ${setOf(address)}` : undefined;
      });
      return bySet.get(`${account} ${asciiLowerCase(set)}`) ?? [];
    },
  });
  return observed(review.reading);
}

/**
 * Returns the address of a parameter that the rule judges. Throws for any other, such as callers: a
 * change of it would need no consent.
 */
export function addressOf(name: string, { prefix }: ReviewSettings): ParameterAddress {
  const address = readName(prefix, name);
  if (address === undefined) throw new Error(`${name} is not a mapping.`);
  return address;
}

export function storedText(value: string | undefined): StoredParameter | undefined {
  return value === undefined ? undefined : { value, secure: false };
}

/** Returns the states after these changes. */
export function afterwards(states: States, changes: readonly Wanted[]): States {
  const after = new Map(states);
  for (const { name, value } of changes) {
    if (value === undefined) after.delete(name);
    else after.set(name, { value, secure: false });
  }
  return after;
}

/** Returns the stored value, and the wanted one if it is still to be written. */
export function valuesOf(
  { stored, wanted, review }: PlanState,
  name: string,
): readonly [EffectiveValue, ...EffectiveValue[]] {
  const now = readValue(name, stored(name), review);
  return wanted.has(name) ? [now, readValue(name, wanted.get(name), review)] : [now];
}

export function valuesIn(names: readonly string[], state: PlanState): readonly EffectiveValue[] {
  return names.flatMap((name) => valuesOf(state, name));
}

/**
 * How the name of a parameter gives its permission set. It is a record, so that another kind of
 * name does not compile without it.
 */
const SET_OF_NAME: Readonly<Record<NameKind, (name: string) => string | undefined>> = {
  "permission set": (name) => name,
  role: permissionSetInAnyCase,
  user: () => undefined,
  "federated user": () => undefined,
};

/**
 * Returns the permission set that a parameter belongs to: that in its name, or for a role's mapping
 * the set of this role; `undefined` for others.
 */
export function setOf({ kind, name }: ParameterAddress): string | undefined {
  const { name: nameKind } = KINDS[kind];
  return nameKind && SET_OF_NAME[nameKind](name);
}

/** Returns the names of parameters that may be read for an identity of `address`. */
type NamesBeside = (address: ParameterAddress, state: PlanState) => readonly string[];

const none: NamesBeside = () => [];

function ofSet(kind: "sso" | "sso-session"): NamesBeside {
  return (address, { review: { prefix } }) => {
    const set = setOf(address);
    return set === undefined ? [] : [mappingParameter(prefix, kind, address.account, set)];
  };
}

const rolesOfSet: NamesBeside = (address, { rolesOf }) => {
  const set = setOf(address);
  return set === undefined ? [] : rolesOf(address.account, set);
};

const patternsOfAccount: NamesBeside = ({ account }, { review: { prefix } }) => [
  mappingParameter(prefix, "pattern", account),
];

/** Returns the patterns of any account, and the mapping of the account. */
const broadest: NamesBeside = ({ account }, { review: { prefix } }) => [
  mappingParameter(prefix, "pattern", "any"),
  mappingParameter(prefix, "account", account),
];

const allAccounts: NamesBeside = (_, { namesOf, review: { prefix } }) =>
  namesOf("any").filter((name) => readName(prefix, name)?.kind === "account");

function all(...some: readonly NamesBeside[]): NamesBeside {
  return (address, state) => some.flatMap((namesBeside) => namesBeside(address, state));
}

/**
 * The mappings that take precedence over those of a kind. A list of sessions denies AWS-signed
 * tokens, so it is both higher and lower than the mappings of the set's roles.
 */
const HIGHER: Readonly<Record<ParameterKind, NamesBeside>> = {
  role: ofSet("sso-session"),
  user: none,
  root: none,
  "federated-user": none,
  sso: all(rolesOfSet, ofSet("sso-session")),
  "sso-session": rolesOfSet,
  pattern: none,
  account: none,
  deny: none,
};

/** The mappings that apply to an identity if those of a kind do not. */
const LOWER: Readonly<Record<ParameterKind, NamesBeside>> = {
  role: all(ofSet("sso-session"), ofSet("sso"), patternsOfAccount, broadest),
  user: all(patternsOfAccount, broadest),
  root: all(patternsOfAccount, broadest),
  "federated-user": all(patternsOfAccount, broadest),
  sso: all(patternsOfAccount, broadest),
  "sso-session": all(ofSet("sso"), patternsOfAccount, broadest),
  pattern: (address, state) => (address.account === "any" ? allAccounts : broadest)(address, state),
  account: none,
  deny: none,
};

export function higherThan(address: ParameterAddress, state: PlanState): readonly string[] {
  return HIGHER[address.kind](address, state);
}

export function lowerThan(address: ParameterAddress, state: PlanState): readonly string[] {
  return LOWER[address.kind](address, state);
}

export function denyListsFor(
  { account }: ParameterAddress,
  { prefix }: ReviewSettings,
): readonly string[] {
  return [mappingParameter(prefix, "deny", account), mappingParameter(prefix, "deny", "any")];
}

/** Returns every parameter that may be read beside this one. */
export function branchOf(
  { account }: ParameterAddress,
  { namesOf, review: { prefix } }: PlanState,
) {
  return [...namesOf(account), ...(account === "any" ? [] : listsForAny(prefix))];
}
