// Judges mappings that are removed, end earlier or match fewer identities: mappings with lower precedence may apply.

import { shortName } from "../function-settings.ts";
import { type Entry, isActive, type Value } from "./entries.ts";
import { type EntryChange, overlaps } from "./entry-changes.ts";
import { alternatives, type Mark, subject } from "./marks.ts";
import { givesNoNewAccess } from "./names.ts";
import { higherThan, lowerThan, type PlanState, valuesOf } from "./plan-state.ts";

/** The change of one parameter. */
export interface Comparison {
  readonly before: Value;
  readonly after: Value;
  readonly steps: readonly EntryChange[];
}

/** Whether an active entry is removed, matches fewer identities, or ends earlier. */
export function isRemoval({ old, new: entry }: EntryChange, { context }: PlanState): boolean {
  if (old === undefined || !isActive(old, context)) return false;
  return entry === undefined || entry.end < old.end || entry.key !== old.key;
}

/** Whether AWS-signed tokens of the set are accepted earlier: a list of sessions denies them until its last entry ends. */
export function isLastToEnd({ old }: EntryChange, { before, after }: Comparison): boolean {
  if (old?.kind !== "sso-session") return false;
  const ends = (value: Value) => Math.max(Number.NEGATIVE_INFINITY, ...value.entries.map(({ end }) => end));
  return old.end === ends(before) && ends(after) < old.end;
}

export function removalMarks(step: EntryChange, comparison: Comparison, state: PlanState): Mark[] {
  const { old, new: entry } = step;
  if (old === undefined) return [];
  const { context } = state;
  const isLast = isLastToEnd(step, comparison);
  const allowsNone = isLast || old.mapping.principalId !== undefined || old.kind === "federated-user";
  const names = [...lowerThan(old, state), ...(isLast ? higherThan(old, state) : [])];
  const others = names.flatMap((name) => valuesOf(state, name)).flatMap(({ entries }) => entries);
  const lower = [...laterInList(step, comparison), ...others].filter(
    (one) =>
      isActive(one, context) &&
      overlaps(one, old) &&
      (allowsNone || !givesNoNewAccess(old.mapping, one.mapping, context)),
  );
  if (lower.length === 0) return [];
  const end = entry === undefined || entry.key !== old.key ? "no longer" : `only until ${entry.mapping.notAfter}`;
  const text = `${subject(old)} is ${end} mapped by ${shortName(old.parameter, context.prefix)}: ${alternatives(lower, context.prefix)}`;
  return [{ parameter: old.parameter, entry: old, kind: "broader", text }];
}

/** The entries of the same list that may apply instead. */
function laterInList({ old }: EntryChange, { before, steps }: Comparison): readonly Entry[] {
  if (old === undefined) return [];
  const { entries } = before;
  const later = steps.filter((one) => one.old === undefined || entries.indexOf(one.old) > entries.indexOf(old));
  const all = later.flatMap((one) => [one.old ?? [], one.new ?? []].flat());
  return old.kind === "sso-session" ? all.filter(({ mapping }) => mapping.session === old.mapping.session) : all;
}
