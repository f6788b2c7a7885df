// Plans the writes of a set of changes: in phases, with waits between them, so that no identity has excess access.

import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { MAPPING_FOUND_MS } from "../../functions/parameters/stored-parameter.ts";
import { isStored } from "../store/value.ts";
import { hasAdministrator } from "./administrators.ts";
import { type Entry, isActive, mayHave } from "./entries.ts";
import { judgeChange, withoutRemovals } from "./judge-change.ts";
import { withoutLifts } from "./lifts.ts";
import type { Mark } from "./marks.ts";
import { mentionsAdministrators } from "./names.ts";
import { overlaps } from "./overlap.ts";
import {
  afterwards,
  type PlanState,
  planState,
  type RuleContext,
  type States,
  storedText,
  valuesOf,
  type Wanted,
} from "./plan-state.ts";
import { denyListsFor, setOf } from "./precedence.ts";

export interface Phase {
  /**
   * In the order of the writes. A value may be one before the wanted one: a list with both removed and new entries,
   * an ended mapping. Empty if each remaining change would leave no administrator.
   */
  readonly writes: readonly Wanted[];
  /** Parameters that were written in the last 35 s, and whose earlier values the function may still use. */
  readonly waitsFor: readonly string[];
  /** Milliseconds since 1970: when the first write may start. Not in the future if `waitsFor` is empty. */
  readonly from: number;
}

/** In milliseconds: a review that began with the earlier value takes up to 5 s. */
export const SETTLED_MS = MAPPING_FOUND_MS + 5_000;

/** Whether the function may still use an earlier value. */
function isRecent({ stored, context }: PlanState, name: string): boolean {
  return (stored(name)?.modified ?? Number.NEGATIVE_INFINITY) + SETTLED_MS > context.now;
}

/** A write that is possible next. */
interface Candidate {
  readonly write: Wanted;
  readonly marks: readonly Mark[];
  /** The group of a marked write: the lowest is written first. */
  readonly rank: number;
  /** Recent writes that it waits for. */
  readonly waits: readonly string[];
}

/** The changes that need consent, in the order in which they are written. */
export function marksOf(changes: readonly Wanted[], current: States, context: RuleContext): readonly Mark[] {
  const candidates = nextCandidates(changes, current, context) ?? [];
  if (candidates.length === 0) return [];
  const written = candidates.map(({ write }) => write);
  return [...candidates.flatMap(({ marks }) => marks), ...marksOf(changes, afterwards(current, written), context)];
}

/**
 * The next writes; `undefined` if every parameter has its wanted value. Call it again after the writes, with all changes
 * and with the parameters as they are read then: it skips what is done.
 */
export function nextPhase(changes: readonly Wanted[], current: States, context: RuleContext): Phase | undefined {
  const candidates = nextCandidates(changes, current, context);
  if (candidates === undefined) return undefined;
  const waitsFor = [...new Set(candidates.flatMap(({ waits }) => waits))];
  const from = Math.max(context.now, ...waitsFor.map((name) => (current.get(name)?.modified ?? 0) + SETTLED_MS));
  return { writes: candidates.map(({ write }) => write), waitsFor, from };
}

function nextCandidates(
  changes: readonly Wanted[],
  states: States,
  context: RuleContext,
): readonly Candidate[] | undefined {
  const left = changes.filter(({ name, value }) => !isStored(value, states.get(name)));
  if (left.length === 0) return undefined;
  const state = planState(left, states, context);
  const all = left.flatMap((change) => candidatesFor(change, state));
  const harmless = all.filter(({ marks }) => marks.length === 0).toSorted((a, b) => a.rank - b.rank);
  const marked = all.filter(({ marks }) => marks.length > 0);
  const groups = [...Map.groupBy(marked, ({ rank }) => rank)].sort(([a], [b]) => a - b).map(([, group]) => group);
  const keep = keepsAdministrator(left, states, context);
  for (const group of [harmless.filter(({ waits }) => waits.length === 0), harmless, ...groups]) {
    const candidates = keep(group);
    if (candidates.length > 0) return candidates;
  }
  return [];
}

function candidatesFor(change: Wanted, state: PlanState): Candidate[] {
  const { context } = state;
  const { name, value } = change;
  const address = readName(context.prefix, name);
  if (address === undefined) return [{ write: change, marks: [], rank: 0, waits: [] }];
  const [before, after = before] = valuesOf(state, name);
  const judged = judgeChange(name, address, state);
  if (address.kind === "sso-session" && judged.marks.some(({ kind }) => kind === "broader")) {
    const first = withoutRemovals(before, after, state);
    if (first !== undefined) {
      const wanted = new Map(state.wanted).set(name, storedText(first));
      return candidatesFor({ name, value: first }, { ...state, wanted });
    }
  }
  const { marks, isRemoval, waits } = judged;
  const whole = {
    write: change,
    marks,
    rank: rankOf(address, isRemoval, marks.length > 0),
    waits: waits.filter((one) => isRecent(state, one)),
  };
  if (address.kind === "deny") {
    const first = withoutLifts(before, after, context);
    return first === undefined
      ? [whole]
      : [{ write: { name, value: first }, marks: [], rank: DENIALS, waits: [] }, whole];
  }
  const [entry] = before.entries;
  if (value !== undefined || entry === undefined || !needsDate(entry, state)) return [whole];
  // A deletion leaves no date, so other commands could not wait for it.
  if (!isActive(entry, context)) return [{ ...whole, waits: isRecent(state, name) ? [name] : [] }];
  const ended = JSON.stringify({ ...entry.mapping, notAfter: new Date(context.now).toISOString() });
  return [{ ...whole, write: { name, value: ended } }];
}

/** Whether other changes depend on when it was removed: they wait until the function no longer uses it. */
function needsDate(entry: Entry, state: PlanState): boolean {
  if (entry.kind === "account" || (entry.kind !== "sso-session" && setOf(entry) !== undefined)) return true;
  // This command or a later one may lift it.
  const mayBeLifted = (list: string) => mayHave(valuesOf(state, list)[0], state.context, (one) => overlaps(one, entry));
  return denyListsFor(entry, state.context).some(mayBeLifted);
}

/** Higher before lower. Other kinds, of principals that have no permission set, come before these. */
const PLACES = ["sso-session", "role", "sso", "pattern", "any", "account"];
const [DENIALS, LIFTS] = [-2, 14];

/** Denials, grants, removals, lifted denials. Higher mappings are granted first, and lower ones are removed first. */
function rankOf({ kind, account }: ParameterAddress, isRemoval: boolean, isMarked: boolean): number {
  if (kind === "deny") return isMarked ? LIFTS : DENIALS;
  const place = PLACES.indexOf(account === "any" ? "any" : kind);
  return isRemoval ? LIFTS - 2 - place : place;
}

/** Leaves out writes after which no administrator remains, if there is one now and at the end. */
function keepsAdministrator(
  changes: readonly Wanted[],
  states: States,
  context: RuleContext,
): (group: readonly Candidate[]) => readonly Candidate[] {
  const matters = (name: string, value: string | undefined) =>
    mentionsAdministrators(value) || /\/(?:deny|role)\/(?:\d+|any)(?:\/awsreservedsso_.*)?$/.test(name);
  let kept: States = new Map([...states].filter(([name, { value }]) => matters(name, value)));
  const keeps = (writes: readonly Wanted[]) => hasAdministrator(afterwards(kept, writes), context);
  if (!keeps([]) || !keeps(changes)) return (group) => group;
  return (group) =>
    group.filter(({ write }) => {
      if (!kept.has(write.name) && !matters(write.name, write.value)) return true;
      const isKept = keeps([write]);
      if (isKept) kept = afterwards(kept, [write]);
      return isKept;
    });
}
