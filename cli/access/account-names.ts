// Collects the principals that have a parameter, by account, and sample accounts that have none.

import { arnSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { globAutomaton } from "./glob-automaton.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { type Budget, walkPart } from "./walk.ts";

export type StoredParameters = ReadonlyMap<string, StoredParameter>;

/** Parameters before and after a change. Share the objects of unchanged values: parsed values are cached by object. */
export interface States {
  readonly before: StoredParameters;
  readonly after: StoredParameters;
  /** Other states in which the caller evaluates the same identities: their values distinguish identities too. */
  readonly others?: readonly StoredParameters[];
}

export function everyState({ before, after, others = [] }: States): readonly StoredParameters[] {
  return [before, after, ...others];
}

/** The known spellings by name in lower case. */
type Names = Map<string, Set<string>>;

export interface AccountNames {
  readonly roles: Names;
  readonly users: Names;
  readonly federatedUsers: Names;
  readonly permissionSets: Names;
  hasRoot: boolean;
}

export function noNames(): AccountNames {
  return { roles: new Map(), users: new Map(), federatedUsers: new Map(), permissionSets: new Map(), hasRoot: false };
}

/** Skips what is not a valid name, such as in a parameter that was created by hand. */
export function addName(names: Names, spelled: string): void {
  if (!/^[\w+=,.@-]{1,128}$/.test(spelled)) return;
  const name = asciiLowerCase(spelled);
  names.set(name, (names.get(name) ?? new Set()).add(spelled));
}

/** The principals of these parameters, by account. Lists and account mappings name no principal. */
export function namesByAccount(
  prefix: string,
  parameters: Iterable<string>,
  states: States,
): Map<string, AccountNames> {
  const accounts = new Map<string, AccountNames>();
  for (const parameter of parameters) {
    const { kind, account, name } = readName(prefix, parameter) ?? {};
    if (account === undefined || name === undefined || account === "any") continue;
    const names = accounts.get(account) ?? noNames();
    accounts.set(account, names);
    if (kind === "root") names.hasRoot = true;
    if (kind === "sso" || kind === "sso-session") addName(names.permissionSets, name);
    const own = { role: names.roles, user: names.users, "federated-user": names.federatedUsers };
    if (kind !== "role" && kind !== "user" && kind !== "federated-user") continue;
    addName(own[kind], name);
    // A parameter's name is in lower case. Its value keeps the case.
    for (const text of everyState(states).flatMap((state) => vocabularyOf(state.get(parameter)).strings)) {
      const spelled = text.slice(text.lastIndexOf("/") + 1);
      if (asciiLowerCase(spelled) === name) addName(own[kind], spelled);
    }
  }
  return accounts;
}

/** The accounts in literal ARNs of the lists for any account. */
export function accountsInLists(prefix: string, states: States): string[] {
  return listsForAny(prefix, states).flatMap(({ strings }) =>
    strings.flatMap((text) => {
      const account = arnSections(text)?.[4] ?? "";
      return /^\d{12}$/.test(account) ? [account] : [];
    }),
  );
}

function listsForAny(prefix: string, states: States) {
  return [mappingParameter(prefix, "pattern", "any"), denyParameter(prefix, "any")].flatMap((name) =>
    everyState(states).map((state) => vocabularyOf(state.get(name))),
  );
}

const DIGITS = "0123456789";

/** An unnamed account for each combination of account sections in the lists for any account. */
export function otherAccounts(prefix: string, states: States, named: ReadonlySet<string>, budget: Budget): string[] {
  const globs = listsForAny(prefix, states).flatMap((list) => list.globs);
  const sections = [...new Set(globs.map((glob) => glob[4] ?? "*"))].filter((section) => /[*?]/.test(section));
  const automata = sections.map(globAutomaton);
  const used = new Set(sections.join(""));
  const points = walkPart(
    automata,
    {
      characters: [...DIGITS].filter((digit) => used.has(digit)).join(""),
      other: [...DIGITS].find((digit) => !used.has(digit)),
      min: 12,
      max: 12,
      isRead: automata.map(() => true),
      isNamed: (account) => named.has(account),
    },
    [{ parts: [], others: "", states: automata.map(({ start }) => start) }],
    budget,
  );
  return [...new Set(points.map(({ parts: [account = ""] }) => account))];
}
