// Compares two values of a parameter by entry and by key: what each change of a mapping or denial may do.

import { isDeepStrictEqual } from "node:util";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { type Entry, isActive, type Value } from "./entries.ts";
import { isPlain } from "./names.ts";
import { overlaps } from "./overlap.ts";

/** An entry `gives` if it is added, lasts longer or has other names, and `takes` if it is removed or ends earlier. */
export type Effect = "gives" | "takes" | "drops end" | "drops pin";

export interface EntryChange {
  readonly old: Entry | undefined;
  readonly new: Entry | undefined;
  readonly effects: ReadonlySet<Effect>;
}

type EffectOf = (old: Entry, now: Entry, context: EvaluationContext) => readonly Effect[];
const NOTHING: EffectOf = () => [];

/** What another value of a key may do. An ARN, pattern or session with another spelling is the same one: they are the entry's key. */
const EFFECTS: Readonly<Record<keyof Mapping, EffectOf>> = {
  arn: NOTHING,
  arnLike: NOTHING,
  session: NOTHING,
  username: () => ["gives"],
  groups(old, now, context) {
    const beyond = ({ mapping: { groups = [] } }: Entry, { mapping: { groups: others = [] } }: Entry) =>
      groups.filter((group) => !others.includes(group));
    // The function rejects a mapping with a group that is not plain for some identities, which the loss of the group would map.
    return beyond(now, old).length === 0 && beyond(old, now).every((group) => isPlain(group, context)) ? [] : ["gives"];
  },
  notAfter(old, now) {
    if (now.end > old.end) return now.end === Number.POSITIVE_INFINITY ? ["gives", "drops end"] : ["gives"];
    return now.end < old.end ? ["takes"] : [];
  },
  principalId: ({ mapping }) => (mapping.principalId === undefined ? [] : ["gives", "drops pin"]),
  description: NOTHING,
};
const KEYS = Object.keys(EFFECTS) as (keyof Mapping)[];

/** The changes that have an effect. Entries with the same key are compared. */
export function entryChanges(before: Value, after: Value, context: EvaluationContext): EntryChange[] {
  const byKey = ({ entries }: Value) => Map.groupBy(entries, ({ key }) => key);
  const [left, right] = [byKey(before), byKey(after)];
  const keys = new Set([...left.keys(), ...right.keys()]);
  const changes = [...keys].flatMap((key) => pairs(left.get(key) ?? [], right.get(key) ?? []));
  return changes.flatMap(([old, now]) => {
    const effects = new Set(effectsOf(old, now, context));
    return effects.size === 0 ? [] : { old, new: now, effects };
  });
}

type Pair = readonly [old: Entry | undefined, now: Entry | undefined];

/** Of entries with one key. A key may have several, such as two mappings of one session, one of which ends. */
function pairs(old: readonly Entry[], now: readonly Entry[]): readonly Pair[] {
  const longest = (denials: readonly Entry[]) => denials.toSorted((a, b) => b.end - a.end)[0];
  if ([...old, ...now].some(({ kind }) => kind === "deny")) return [[longest(old), longest(now)]];
  const without = (some: readonly Entry[], others: readonly Entry[]) =>
    some.filter(({ mapping }) => !others.some((other) => isDeepStrictEqual(other.mapping, mapping)));
  const [left, right] = [without(old, now), without(now, old)];
  const removed = left.slice(right.length).map((entry): Pair => [entry, undefined]);
  return [...right.map((entry, index): Pair => [left[index] ?? longest(old), entry]), ...removed];
}

/** An ended entry only has an end or pin to drop. */
function effectsOf(old: Entry | undefined, now: Entry | undefined, context: EvaluationContext): readonly Effect[] {
  const [was, is] = [old, now].map((entry) => entry !== undefined && isActive(entry, context));
  const isOther = (key: keyof Mapping) => !isDeepStrictEqual(old?.mapping[key], now?.mapping[key]);
  const effects = old && now ? KEYS.filter(isOther).flatMap((key) => EFFECTS[key](old, now, context)) : [];
  const isPossible = { gives: is, takes: was, "drops end": true, "drops pin": true };
  return [
    ...effects.filter((effect) => isPossible[effect]),
    ...(is && !was ? (["gives"] as const) : []),
    ...(was && now === undefined ? (["takes"] as const) : []),
  ];
}

/** Active entries that precede another one which preceded them, and may match the same identities, with that one. */
export function moved(
  { entries: before }: Value,
  { entries: after }: Value,
  context: EvaluationContext,
): [Entry, Entry][] {
  const place = (entry: Entry) => {
    const same = before.findIndex(({ mapping }) => isDeepStrictEqual(mapping, entry.mapping));
    return same < 0 ? before.findIndex(({ key }) => key === entry.key) : same;
  };
  const active = after.filter((entry) => isActive(entry, context)).map((entry) => ({ entry, was: place(entry) }));
  return active.flatMap(({ entry, was }, index) => {
    const passed = active
      .slice(index + 1)
      .find((other) => other.was >= 0 && other.was < was && overlaps(other.entry, entry));
    return passed === undefined ? [] : [[entry, passed.entry]];
  });
}
