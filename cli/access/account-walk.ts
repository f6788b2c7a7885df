// How the identities of one account are walked: its globs as automata on two tracks, and the names that it knows.

import { matchesSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type AccountNames, addName, everyState, type States } from "./account-names.ts";
import { type Automaton, globAutomaton } from "./glob-automaton.ts";
import { vocabularyOf } from "./vocabulary.ts";
import { type Budget, type Part, type Point, walkText } from "./walk.ts";

/** Characters of names and of session names, in lower case: IAM compares names without regard to case. */
export const NAME = "abcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
/** Characters from which one is taken that nothing uses, in this order. */
const OTHERS = "zxqjkvwyZXQJKVWYuhbfgpcdmlnotsrieaUHBFGPCDMLNOTSRIEA0123456789_+=,.@-";

/** As `verifyIdentity` accepts names and session names. */
export const MAX_NAME = 128;

export interface AccountScope {
  readonly context: EvaluationContext;
  readonly states: States;
  readonly account: string;
  /** Names with a parameter in either state. */
  readonly names: AccountNames;
  /** Only identities that read a parameter of these names; `undefined`: every identity of the account. */
  readonly only: AccountNames | undefined;
  /** Whether a value in either state has `{SessionNameRaw}`. */
  readonly usesRawSessions: boolean;
  readonly budget: Budget;
}

export interface AccountGlobs {
  /** Resources in lower case with a wildcard: of canonical ARNs, and of the ARNs of sessions and federated users. */
  readonly iam: readonly string[];
  readonly sts: readonly string[];
  /** Resources in lower case without a wildcard, of both. */
  readonly literals: readonly string[];
}

/** Of the lists that identities of an account read, in both states. */
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

/** A literal names a principal, in whatever path: a denial of one holds for its name. */
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
 * Automata of one kind of principal. Each of its ARNs is a track: a role has its own ARN and that of its session, a user
 * the ARN with and the one without its path. Most characters are read on both.
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

/** At the start of both tracks, after what is the same in every ARN of the kind. */
export function startOf({ automata, first, second }: Tracks, firstText: string, secondText: string): Point[] {
  const start = [{ parts: [], others: "", states: automata.map((automaton) => automaton.start) }];
  return walkText(automata, secondText, second, walkText(automata, firstText, first, start));
}

/**
 * The alphabet of a part.
 *
 * @param templates usernames and groups into which the part is rendered: the other character is in none of them
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
