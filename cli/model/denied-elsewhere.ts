// People who are denied in other roles of an account, but not in one: a denial by patterns does not
// cover mappings that are added later.

import { readName } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/time.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { personDeniedBy } from "./denied-person.ts";
import { readParameter } from "./entry.ts";
import {
  decide,
  type ReviewSettings,
  type StoredParameters,
  supposeIdentity,
} from "./evaluation.ts";
import { identitiesNamed } from "./person.ts";

/** A mapping, by its parameter, and the people who are denied elsewhere. */
export interface DeniedElsewhere {
  readonly parameter: string;
  readonly people: readonly string[];
}

/**
 * Returns those of the mappings that have such people.
 *
 * @param names of the mappings
 * @param stored the mappings, and the deny lists that were read
 */
export function deniedElsewhere(
  names: Iterable<string>,
  stored: StoredParameters,
  review: ReviewSettings,
): readonly DeniedElsewhere[] {
  const lists = new Map(
    [...stored].filter(([name]) => readName(review.prefix, name)?.kind === "deny"),
  );
  const people = peopleByAccount(lists, review);
  if (people.size === 0) return [];
  return [...names].flatMap((parameter) => {
    const { kind, account } = readName(review.prefix, parameter) ?? {};
    const value = stored.get(parameter);
    if (kind === undefined || kind === "deny" || value === undefined) return [];
    const accounts = account === "any" ? [...people.keys()] : [account ?? ""];
    const deniedPeople = accounts.flatMap((of) =>
      [...(people.get(of) ?? [])].filter((who) =>
        identitiesNamed(who, new Map([[parameter, value]]), review).some(
          ({ kind, arnLike }) => kind === "session" && !isDenied(arnLike, of, lists, review),
        ),
      ),
    );
    return deniedPeople.length === 0 ? [] : [{ parameter, people: [...new Set(deniedPeople)] }];
  });
}

/** Returns the people whose sessions of some role are denied, by account. */
function peopleByAccount(
  lists: StoredParameters,
  { prefix, partition, now }: ReviewSettings,
): ReadonlyMap<string, ReadonlySet<string>> {
  const people = new Map<string, Set<string>>();
  for (const [list, stored] of lists) {
    for (const { kind, mapping } of readParameter(prefix, list, stored, partition).entries) {
      if (kind !== "deny" || !("arnLike" in mapping) || isExpired(mapping.notAfter, now)) continue;
      const [, account] =
        /^arn:[^:]*:sts:[^:]*:(\d{12}):assumed-role\//i.exec(mapping.arnLike) ?? [];
      const who = personDeniedBy(mapping);
      if (account === undefined || who === undefined) continue;
      people.set(account, (people.get(account) ?? new Set()).add(who));
    }
  }
  return people;
}

/** Returns whether the lists deny a session that the pattern is for, by the function's own code. */
function isDenied(
  arnLike: string,
  account: string,
  lists: StoredParameters,
  review: ReviewSettings,
): boolean {
  const sample = arnLike.replace(/^([^:]*:[^:]*:[^:]*:[^:]*):\*:/, `$1:${account}:`);
  const identity = supposeIdentity(sample.replaceAll(/[*?]/g, "0"));
  if (identity === undefined) return true;
  const { kind } = decide(review, identity, lists).deciding?.verdict ?? {};
  // An invalid list denies every identity that it covers.
  return kind === "deny" || kind === "invalid";
}

/** Returns a sentence for all of them; none without any. */
export function elsewhereSentence(
  denied: readonly DeniedElsewhere[],
  { prefix }: ReviewSettings,
): readonly string[] {
  if (denied.length === 0) return [];
  const few = (texts: readonly string[]) => {
    const [first = "", second, third, ...others] = [...new Set(texts)];
    const shown = [first, second, third].filter((text) => text !== undefined).join(", ");
    return others.length === 0 ? shown : `${shown} and ${others.length} more`;
  };
  const people = few(denied.flatMap((one) => one.people));
  const mappings = few(denied.map(({ parameter }) => shortName(parameter, prefix)));
  return [
    `Denied in other roles of the account, but not in ${mappings}: ${people}. To deny a person there too: mappings deny <name>.`,
  ];
}
