// Compares two values of a parameter by entry and key, and describes each change that needs
// consent.

import { isDeepStrictEqual } from "node:util";
import { isOfOne } from "../../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { deniedIn } from "../entry.ts";
import { type EffectiveValue, isActive, overlaps, type PlacedEntry } from "../entry-arns.ts";
import type { ReviewSettings } from "../evaluation.ts";
import type { Mark } from "../judgement.ts";
import { isPlain, riskRank } from "../names.ts";

/**
 * An entry `gives` if it is added, lasts longer or has other names, and `takes` if it is removed or
 * ends earlier.
 */
type Effect = "gives" | "takes" | "drops end" | "drops pin";

export interface EntryChange {
  readonly old: PlacedEntry | undefined;
  readonly new: PlacedEntry | undefined;
  readonly effects: ReadonlySet<Effect>;
}

type EffectOf = (old: PlacedEntry, now: PlacedEntry, review: ReviewSettings) => readonly Effect[];

const NOTHING: EffectOf = () => [];

/**
 * The effects of another value of a key. An ARN, pattern or session with another spelling is the
 * same one: they are the entry's key.
 */
const EFFECTS: Readonly<Record<keyof Mapping, EffectOf>> = {
  arn: NOTHING,
  arnLike: NOTHING,
  session: NOTHING,
  username: () => ["gives"],
  groups(old, now, review) {
    const beyond = (
      { mapping: { groups = [] } }: PlacedEntry,
      { mapping: { groups: others = [] } }: PlacedEntry,
    ) => groups.filter((group) => !others.includes(group));
    // The function may reject a mapping with a group that is not plain, so its loss maps those
    // identities. Of a pattern or an account these are many, and a function whose settings are not
    // known may reject any group.
    const isHarmless =
      isOfOne(now.kind) && beyond(old, now).every((group) => isPlain(group, review));
    return beyond(now, old).length === 0 && isHarmless ? [] : ["gives"];
  },
  notAfter(old, now) {
    if (now.end > old.end)
      return now.end === Number.POSITIVE_INFINITY ? ["gives", "drops end"] : ["gives"];
    return now.end < old.end ? ["takes"] : [];
  },
  principalId: ({ mapping }) => (mapping.principalId === undefined ? [] : ["gives", "drops pin"]),
  description: NOTHING,
};

const KEYS = Object.keys(EFFECTS) as (keyof Mapping)[];

/** Returns the changes that have an effect. */
export function entryChanges(
  before: EffectiveValue,
  after: EffectiveValue,
  review: ReviewSettings,
): EntryChange[] {
  return allPairs(before, after).flatMap(([old, now]) => {
    const effects = new Set(effectsOf(old, now, review));
    return effects.size === 0 ? [] : { old, new: now, effects };
  });
}

type Pair = readonly [old: PlacedEntry | undefined, now: PlacedEntry | undefined];

/** Pairs the entries of two values. Entries with the same key are compared. */
function allPairs(
  { entries: before }: EffectiveValue,
  { entries: after }: EffectiveValue,
): readonly Pair[] {
  const of = (entries: readonly PlacedEntry[], key: string) =>
    entries.filter((entry) => entry.key === key);
  const keys = [...new Set([...before, ...after].map(({ key }) => key))];
  return keys.flatMap((key) => pairs(of(before, key), of(after, key)));
}

/**
 * Pairs the entries with one key. A key may have several, such as two mappings of one session, one
 * of which ends.
 */
function pairs(old: readonly PlacedEntry[], now: readonly PlacedEntry[]): readonly Pair[] {
  const longest = (denials: readonly PlacedEntry[]) => denials.toSorted((a, b) => b.end - a.end)[0];
  if ([...old, ...now].some(({ kind }) => kind === "deny")) return [[longest(old), longest(now)]];
  const without = (some: readonly PlacedEntry[], others: readonly PlacedEntry[]) =>
    some.filter(
      ({ mapping }) => !others.some((other) => isDeepStrictEqual(other.mapping, mapping)),
    );
  const left = without(old, now);
  const right = without(now, old);
  const removed = left.slice(right.length).map((entry): Pair => [entry, undefined]);
  return [...right.map((entry, index): Pair => [left[index] ?? longest(old), entry]), ...removed];
}

/** Returns the effects of a change. An ended entry only has an end or pin to drop. */
function effectsOf(
  old: PlacedEntry | undefined,
  now: PlacedEntry | undefined,
  review: ReviewSettings,
): readonly Effect[] {
  const was = old !== undefined && isActive(old, review);
  const is = now !== undefined && isActive(now, review);
  // A pattern or name is the entry's key.
  const before: Mapping | undefined = old?.mapping;
  const after: Mapping | undefined = now?.mapping;
  const isOther = (key: keyof Mapping) => !isDeepStrictEqual(before?.[key], after?.[key]);
  const effects =
    old && now ? KEYS.filter(isOther).flatMap((key) => EFFECTS[key](old, now, review)) : [];
  const isPossible = { gives: is, takes: was, "drops end": true, "drops pin": true };
  return [
    ...effects.filter((effect) => isPossible[effect]),
    ...(is && !was ? (["gives"] as const) : []),
    ...(was && now === undefined ? (["takes"] as const) : []),
  ];
}

/**
 * Returns pairs of active entries whose order has changed, and which may match the same identities.
 */
export function moved(
  before: EffectiveValue,
  after: EffectiveValue,
  review: ReviewSettings,
): [PlacedEntry, PlacedEntry][] {
  // A key may have several entries: the compared one decides.
  const olds = new Map(allPairs(before, after).map(([old, now]) => [now, old]));
  const place = (entry: PlacedEntry) =>
    before.entries.findIndex(({ mapping }) =>
      isDeepStrictEqual(mapping, (olds.get(entry) ?? entry).mapping),
    );
  const active = after.entries.flatMap((entry) =>
    isActive(entry, review) ? { entry, was: place(entry) } : [],
  );
  return active.flatMap(({ entry, was }, index) => {
    const passed = active
      .slice(index + 1)
      .find((other) => other.was >= 0 && other.was < was && overlaps(other.entry, entry));
    return passed === undefined ? [] : [[entry, passed.entry]];
  });
}

/**
 * Returns the principal for a sentence: a name, a pattern without its account, or the session of a
 * set.
 */
export function subject({ kind, account, name, mapping }: PlacedEntry): string {
  const isPerson = kind === "deny" && "name" in mapping;
  if (isPerson)
    return account === "any" ? deniedIn(mapping) : `${deniedIn(mapping)} in account ${account}`;
  const arnLike = kind === "deny" ? deniedIn(mapping) : mapping.arnLike;
  const { arn, session } = mapping;
  if (arn !== undefined)
    return kind === "root" ? `root of ${account}` : arn.slice(arn.lastIndexOf("/") + 1);
  if (arnLike !== undefined)
    return account === "any" ? arnLike : arnLike.split(":").slice(5).join(":");
  return session === undefined ? name : `session ${session} of ${name}`;
}

/** Returns the parameter, with the pattern or session if it is a list. */
export function place(entry: PlacedEntry, prefix: string): string {
  const { parameter, kind, mapping } = entry;
  const where = shortName(parameter, prefix);
  if (kind === "deny" || mapping.arnLike !== undefined) return `${where} ${subject(entry)}`;
  return mapping.session === undefined ? where : `${where} ${mapping.session}`;
}

/**
 * Returns the active mappings in these values that may apply to an identity of `scope`, the
 * riskiest first.
 */
export function mayApply(
  scope: PlacedEntry,
  values: readonly EffectiveValue[],
  review: ReviewSettings,
): readonly PlacedEntry[] {
  const grants = new Map<string, PlacedEntry>();
  for (const entry of values.flatMap(({ entries }) => entries)) {
    if (entry.kind === "deny" || !isActive(entry, review) || !overlaps(entry, scope)) continue;
    grants.set([entry.parameter, entry.key, userText(entry)].join("\n"), entry);
  }
  return [...grants.values()].sort((a, b) => riskRank(a.mapping) - riskRank(b.mapping));
}

const WITH_PLACE = 5;
const WITH_NAMES = 10;

/** Returns a text about what may apply instead: the user consents to it. */
export function alternatives(entries: readonly PlacedEntry[], prefix: string): string {
  const texts = entries
    .slice(0, WITH_PLACE)
    .map((entry) => `${place(entry, prefix)} applies and gives ${userText(entry)}`);
  const names = [...new Set(entries.slice(WITH_PLACE).map(userText))];
  const shown = names.slice(0, WITH_NAMES);
  const [riskiest, ...others] = names.slice(WITH_NAMES);
  if (riskiest !== undefined)
    shown.push(
      others.length === 0 ? riskiest : `one of ${others.length + 1} more, such as ${riskiest}`,
    );
  if (shown.length > 0) texts.push(`another mapping applies and gives ${shown.join(", or ")}`);
  return texts.join(", or ");
}

/**
 * Returns whether the user accepted a mark for this entry that gives the same names, among others.
 */
export function hasConsent(mark: Mark, accepted: readonly Mark[]): boolean {
  const given = accepted.filter(
    (other) => other.parameter === mark.parameter && other.entry?.key === mark.entry?.key,
  );
  const names = new Set(given.flatMap(({ gives }) => gives.map(userText)));
  return given.length > 0 && mark.gives.every((entry) => names.has(userText(entry)));
}

export function userText({
  mapping: { username = "their own ARN", groups = [] },
}: PlacedEntry): string {
  return groups.length === 0 ? username : `${username} (${groups.join(", ")})`;
}
