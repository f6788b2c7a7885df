// Judges the change of one parameter: marks what is not harmless, and finds the earlier writes that it waits for.

import type { ParameterAddress } from "../../functions/authenticator/mapping/read-name.ts";
import { shortName } from "../function-settings.ts";
import { type Entry, isActive, mayHave, type Value, wholeOf } from "./entries.ts";
import { type EntryChange, entryChanges, moved } from "./entry-changes.ts";
import { grantMarks, newNames } from "./grants.ts";
import { both, liftMarks } from "./lifts.ts";
import { alternatives, type Mark, mayApply, place, subject } from "./marks.ts";
import { givesNoNewAccess } from "./names.ts";
import { overlaps } from "./overlap.ts";
import { type PlanState, valuesIn, valuesOf } from "./plan-state.ts";
import { branchOf, denyListsFor, higherThan, isOfOnePrincipal, lowerThan } from "./precedence.ts";

interface Judgement {
  readonly marks: readonly Mark[];
  /** Whether it is marked only because lower mappings may apply. */
  readonly isRemoval: boolean;
  /** Parameters whose earlier values the function must no longer use when it is written. */
  readonly waits: readonly string[];
}

export function judgeChange(name: string, address: ParameterAddress, state: PlanState): Judgement {
  const [before, after = before] = valuesOf(state, name);
  const problem = before.problem ?? after.problem;
  const { marks, isRemoval, waits } =
    problem !== undefined
      ? judgeInvalid(name, address, { ...after, problem }, state)
      : address.kind === "deny"
        ? { marks: liftMarks(before, after, state), isRemoval: false, waits: [] }
        : judgeMappings(address, { before, after, steps: entryChanges(before, after) }, state);
  const isWide = marks.length > 0 && (!isOfOnePrincipal(address) || address.kind === "sso-session");
  const all = [...waits, ...(isWide ? branchOf(address, state) : [])];
  return { marks, isRemoval, waits: all.filter((one) => one !== name) };
}

/** What it denies may be what lower mappings give. A list of sessions also denies tokens of roles, which are higher. */
function judgeInvalid(name: string, address: ParameterAddress, after: Value, state: PlanState): Judgement {
  const { context } = state;
  const [lower, higher] = [lowerThan(address, state), higherThan(address, state)];
  const denied = [...lower, ...(address.kind === "sso-session" ? higher : [])];
  const others = valuesIn(address.kind === "deny" ? branchOf(address, state) : denied, state);
  const gives = mayApply(wholeOf(address, name, context), [after, ...others], context);
  const then = gives.length === 0 ? "" : `. Then ${alternatives(gives, context.prefix)}`;
  const text = `${shortName(name, context.prefix)} is invalid, and denies, before or after the change: ${after.problem}${then}`;
  const waits = [...lower, ...higher, ...denyListsFor(address, context)];
  return { marks: [{ parameter: name, kind: "invalid", gives, text }], isRemoval: true, waits };
}

function judgeMappings(address: ParameterAddress, comparison: Comparison, state: PlanState): Judgement {
  const { context } = state;
  const { before, after, steps } = comparison;
  const removed = steps.filter((step) => isRemoval(step, state));
  const broader = removed.flatMap((step) => removalMarks(step, comparison, state));
  const granted = steps.filter((step) => newNames(step, state) !== undefined);
  const places = (address.kind === "pattern" ? moved(steps, before) : []).map((entry): Mark => {
    const text = `${place(entry, context.prefix)} changes its place, and a pattern that it passes may match the same identities`;
    return { parameter: entry.parameter, entry, kind: "place", gives: mayApply(entry, [after], context), text };
  });
  const given = [...granted, ...(broader.length > 0 ? removed : [])].flatMap((step) => step.new ?? step.old ?? []);
  const mayPrecede = (name: string) =>
    mayHave(valuesOf(state, name)[0], context, (one) => given.some((entry) => overlaps(one, entry)));
  const higher = higherThan(address, state);
  const isLast = removed.some((step) => isLastToEnd(step, comparison));
  const others = [...steps.flatMap((step) => grantMarks(step, state)), ...places];
  return {
    marks: [...others, ...broader],
    // With another spelling, a federated user's mapping still denies the earlier one.
    isRemoval: others.length === 0 && (granted.length === 0 || address.kind !== "federated-user"),
    waits: [
      ...(removed.length > 0 ? lowerThan(address, state) : []),
      ...(isLast ? higher : []),
      ...(isOfOnePrincipal(address) ? [...denyListsFor(address, context), ...higher].filter(mayPrecede) : []),
    ],
  };
}

/**
 * The list of sessions with the new entries and with those that are removed: without these, lower mappings apply, which are
 * changed first, while a new session must not get what they give. `undefined` if no lower one changes, or unless entries are
 * both added and removed. Throws if it is too long.
 */
export function withoutRemovals(before: Value, after: Value, state: PlanState): string | undefined {
  const steps = entryChanges(before, after);
  const isAdded = (step: EntryChange) => !isRemoval(step, state) && newNames(step, state) !== undefined;
  const removal = steps.find((step) => isRemoval(step, state));
  if (removal === undefined || !steps.some(isAdded)) return undefined;
  if (!lowerThan(removal.old, state).some((name) => state.wanted.has(name))) return undefined;
  const entries = steps.flatMap((step) => (isRemoval(step, state) ? step.old : step.new) ?? []);
  return both([...new Set(entries)], before, removal.old, state.context);
}

/** The change of one parameter. */
interface Comparison {
  readonly before: Value;
  readonly after: Value;
  readonly steps: readonly EntryChange[];
}

interface Removal extends EntryChange {
  readonly old: Entry;
}

/** Whether an active entry is removed, matches fewer identities, or ends earlier. */
function isRemoval(step: EntryChange, { context }: PlanState): step is Removal {
  const { old, new: entry } = step;
  if (old === undefined || !isActive(old, context)) return false;
  return entry === undefined || entry.end < old.end || entry.key !== old.key;
}

/** Whether AWS-signed tokens of the set are accepted earlier: a list of sessions denies them until its last entry ends. */
function isLastToEnd({ old }: Removal, { before, after }: Comparison): boolean {
  if (old.kind !== "sso-session") return false;
  const ends = (value: Value) => Math.max(Number.NEGATIVE_INFINITY, ...value.entries.map(({ end }) => end));
  return old.end === ends(before) && ends(after) < old.end;
}

function removalMarks(step: Removal, comparison: Comparison, state: PlanState): Mark[] {
  const { old, new: entry } = step;
  const { context } = state;
  const isLast = isLastToEnd(step, comparison);
  const allowsNone = isLast || old.mapping.principalId !== undefined || old.kind === "federated-user";
  const names = [...lowerThan(old, state), ...(isLast ? higherThan(old, state) : [])];
  const values = [{ entries: laterInList(step, comparison) }, ...valuesIn(names, state)];
  const gives = mayApply(old, values, context).filter(
    ({ mapping }) => allowsNone || !givesNoNewAccess(old.mapping, mapping, context),
  );
  if (gives.length === 0) return [];
  const end = entry === undefined || entry.key !== old.key ? "no longer" : `only until ${entry.mapping.notAfter}`;
  const text = `${subject(old)} is ${end} mapped by ${shortName(old.parameter, context.prefix)}: ${alternatives(gives, context.prefix)}`;
  return [{ parameter: old.parameter, entry: old, kind: "broader", gives, text }];
}

/** The entries of the same list that may apply instead. */
function laterInList({ old }: Removal, { before, steps }: Comparison): readonly Entry[] {
  const { entries } = before;
  const later = steps.filter((one) => one.old === undefined || entries.indexOf(one.old) > entries.indexOf(old));
  const all = later.flatMap((one) => [one.old ?? [], one.new ?? []].flat());
  return all.filter(({ mapping }) => mapping.session === old.mapping.session);
}
