// Prepares the walk through the identities of one account: automata of its globs, and its known names.

import { matchesSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type AccountNames, addName, everyState, type States } from "./account-names.ts";
import { type Automaton, globAutomaton } from "./glob-automaton.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { type Budget, type Part, type Point, walkText } from "./walk.ts";

/** Characters of names and session names, in lower case: IAM compares names case-insensitively. */
export const NAME = "abcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
/** Candidates for an unused character, in order of preference. */
const OTHERS = "zxqjkvwyZXQJKVWYuhbfgpcdmlnotsrieaUHBFGPCDMLNOTSRIEA0123456789_+=,.@-";

/** The longest name and session name that `verifyIdentity` accepts. */
export const MAX_NAME = 128;

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
export function globsOf({ account, states, context: { prefix, partition } }: AccountScope) {
  const lists = [account, "any"].flatMap((of) => [denyParameter(prefix, of), mappingParameter(prefix, "pattern", of)]);
  const globs = lists.flatMap((name) => everyState(states).flatMap((state) => vocabularyOf(state.get(name)).globs));
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

/**
 * Automata for one kind of principal. Each of its ARNs is a track: the role's and the session's ARN of a role, the ARNs
 * with and without the path of a user. Most characters are read on both tracks.
 */
export interface Tracks {
  readonly automata: readonly Automaton[];
  readonly first: readonly boolean[];
  readonly second: readonly boolean[];
  readonly both: readonly boolean[];
  /** Characters that a glob uses. */
  readonly used: ReadonlySet<string>;
}

export function newTracks(first: readonly string[], second: readonly string[]): Tracks {
  const texts = [...first, ...second];
  return {
    automata: texts.map(globAutomaton),
    first: texts.map((_, index) => index < first.length),
    second: texts.map((_, index) => index >= first.length),
    both: texts.map(() => true),
    used: new Set(texts.join("")),
  };
}

/** The point after the texts that start every ARN of the kind, one for each track. */
export function startOf({ automata, first, second }: Tracks, firstText: string, secondText: string): Point[] {
  const start = [{ parts: [], others: "", states: automata.map((automaton) => automaton.start) }];
  return walkText(automata, secondText, second, walkText(automata, firstText, first, start));
}

/**
 * The characters that a part needs: those in globs, and one that stands for all others.
 *
 * @param templates usernames and groups into which the part is rendered: none of them contains the other character
 */
export function alphabetOf(
  { used }: Tracks,
  characters: string,
  templates: readonly string[] = [],
): Pick<Part, "characters" | "other"> {
  const literal = templates.join("");
  return {
    characters: [...characters].filter((one) => used.has(one)).join(""),
    other: [...OTHERS].find(
      (one) => characters.includes(one.toLowerCase()) && !used.has(one.toLowerCase()) && !literal.includes(one),
    ),
  };
}
