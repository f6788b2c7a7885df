// The principals and globs of one account, and sample accounts that have none.

import { arnSections, matchesSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { listParameters, type StoredParameters } from "./denials.ts";
import { newTracks } from "./tracks.ts";
import { type Vocabulary, vocabularyOf } from "./vocabulary.ts";
import type { Budget } from "./walk.ts";

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

/** What these parameters contain in any state. */
export function vocabularyIn(states: States, parameters: readonly string[]): Vocabulary[] {
  return parameters.flatMap((name) => everyState(states).map((state) => vocabularyOf(state.get(name))));
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

/** Of a role, user, federated user or session. */
export function isName(text: string): boolean {
  return /^[\w+=,.@-]{1,128}$/.test(text);
}

/** Skips what is not a valid name, such as in a parameter that was created by hand. */
function addName(names: Names, spelled: string): void {
  if (!isName(spelled)) return;
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
    for (const text of vocabularyIn(states, [parameter]).flatMap(({ strings }) => strings)) {
      const spelled = text.slice(text.lastIndexOf("/") + 1);
      if (asciiLowerCase(spelled) === name) addName(own[kind], spelled);
    }
  }
  return accounts;
}

/** The accounts in literal ARNs of the lists for any account. */
export function accountsInLists(prefix: string, states: States): string[] {
  const strings = vocabularyIn(states, listParameters(prefix, "any")).flatMap((one) => one.strings);
  return strings.map((text) => arnSections(text)?.[4] ?? "").filter((account) => /^\d{12}$/.test(account));
}

const DIGITS = "0123456789";

/** An unnamed account for each combination of account sections in the lists for any account. */
export function otherAccounts(prefix: string, states: States, named: ReadonlySet<string>, budget: Budget): string[] {
  const globs = vocabularyIn(states, listParameters(prefix, "any")).flatMap((one) => one.globs);
  const sections = new Set(globs.map((glob) => glob[4] ?? "*").filter((section) => /[*?]/.test(section)));
  const tracks = newTracks([...sections], [], budget);
  const isNamed = (account: string) => named.has(account);
  const digits = { characters: DIGITS, others: DIGITS, min: 12, max: 12, isNamed };
  const points = tracks.section("first", digits, tracks.start);
  return [...new Set(points.map(({ parts: [account = ""] }) => account))];
}

export interface AccountScope {
  readonly context: EvaluationContext;
  readonly states: States;
  readonly account: string;
  /** Principals that have a parameter in any state. */
  readonly names: AccountNames;
  /** Restricts the walk to these principals; `undefined` for every identity of the account. */
  readonly only: AccountNames | undefined;
  /** Whether a value in any state contains `{SessionNameRaw}`. */
  readonly usesRawSessions: boolean;
  readonly budget: Budget;
}

export interface AccountGlobs {
  /** Resources with a wildcard, in lower case: `iam` of canonical ARNs, `sts` of sessions and federated users. */
  readonly iam: readonly string[];
  readonly sts: readonly string[];
  /** Resources of both services without a wildcard, in lower case. */
  readonly literals: readonly string[];
}

/** The globs of the lists that apply to identities of the account, in all states. */
export function globsOf({ account, states, context: { prefix, partition } }: AccountScope): AccountGlobs {
  const lists = [account, "any"].flatMap((of) => listParameters(prefix, of));
  const globs = vocabularyIn(states, lists).flatMap((one) => one.globs);
  const resources = (service: string) => {
    const own = globs.filter((glob) =>
      matchesSections([...glob.slice(0, 5), "*"], ["arn", partition, service, "", account, ""]),
    );
    return [...new Set(own.map((glob) => glob[5] ?? ""))].sort();
  };
  const [iam, sts] = [resources("iam"), resources("sts")];
  const isWild = (resource: string) => /[*?]/.test(resource);
  return {
    iam: iam.filter(isWild),
    sts: sts.filter(isWild),
    literals: [...iam, ...sts].filter((resource) => !isWild(resource)),
  };
}

/** Adds the principals that literals name. Their paths are ignored: a denial applies to the name. */
export function withLiterals(names: AccountNames, literals: readonly string[]): AccountNames {
  const known = {
    ...names,
    roles: new Map(names.roles),
    users: new Map(names.users),
    federatedUsers: new Map(names.federatedUsers),
  };
  for (const text of literals) {
    const [kind = "", ...rest] = text.split("/");
    const [first = "", last = ""] = [rest[0], rest.at(-1)];
    if (kind === "role") addName(known.roles, last);
    if (kind === "assumed-role") addName(known.roles, first);
    if (kind === "user") addName(known.users, last);
    if (kind === "federated-user") addName(known.federatedUsers, last);
  }
  return known;
}
