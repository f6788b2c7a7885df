// Plans the writes of a set of changes: in phases, with waits between them, so that no identity has excess access.

import { isDeepStrictEqual } from "node:util";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { normal } from "../mappings/file/read-parameter.ts";
import { administratorsIn, findAdministrator, hasAdministrator } from "./administrators.ts";
import { isActive, readValue } from "./entries.ts";
import { judge } from "./judge.ts";
import { liftedDenials, withoutLifts } from "./lifts.ts";
import type { Mark } from "./marks.ts";
import { denyListsFor, indexNames, isRecent, SETTLED_MS, type States, setOf, type World } from "./world.ts";

/** A parameter and the value that it must have at the end; `undefined` removes it. */
export interface Wanted {
  readonly name: string;
  readonly value: string | undefined;
}

export interface Phase {
  /**
   * In the order of the writes. A value may be one before the wanted one: a list with both lifted and new denials, an
   * ended mapping. Empty if each remaining change would leave no administrator.
   */
  readonly writes: readonly Wanted[];
  /** Parameters that were written in the last 35 s, and whose earlier values the function may still use. */
  readonly waitsFor: readonly string[];
  /** Milliseconds since 1970: when the first write may start. Not in the future if `waitsFor` is empty. */
  readonly from: number;
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
export function marksOf(changes: readonly Wanted[], current: States, context: EvaluationContext): readonly Mark[] {
  const stored = new Map([...current].map(([name, one]) => [name, one.modified === 0 ? one : { ...one, modified: 0 }]));
  const marks: Mark[] = [];
  for (;;) {
    const { candidates = [] } = nextCandidates(changes, stored, context) ?? {};
    if (candidates.length === 0) return marks;
    for (const { write, marks: own } of candidates) {
      marks.push(...own);
      if (write.value === undefined) stored.delete(write.name);
      else stored.set(write.name, { value: write.value, secure: false, modified: 0 });
    }
  }
}

/**
 * The next writes; `undefined` if every parameter has its wanted value. Call it again after the writes, with all changes
 * and with the parameters as they are read then: it skips what is done.
 */
export function nextPhase(changes: readonly Wanted[], current: States, context: EvaluationContext): Phase | undefined {
  const next = nextCandidates(changes, current, context);
  if (next === undefined) return undefined;
  const waitsFor = [...new Set(next.candidates.flatMap(({ waits }) => waits))];
  const written = waitsFor.map((name) => current.get(name)?.modified ?? 0);
  const from = Math.max(context.now, ...written.map((time) => time + SETTLED_MS));
  return { writes: next.candidates.map(({ write }) => write), waitsFor, from };
}

function nextCandidates(changes: readonly Wanted[], stored: States, context: EvaluationContext) {
  const left = changes.filter(({ name, value }) => !isDone(value, stored.get(name)));
  if (left.length === 0) return undefined;
  const wanted = new Map(left.map(({ name, value }) => [name, parameterOf(value)]));
  const world = { context, stored, wanted, names: indexNames(new Set([...stored.keys(), ...wanted.keys()]), context) };
  const lifting = new Set(left.map(({ name }) => name).filter((name) => lifts(name, world)));
  const all = left.flatMap((change) => candidatesFor(change, lifting, world));
  const harmless = all.filter(({ marks }) => marks.length === 0).toSorted((a, b) => a.rank - b.rank);
  const marked = all.filter(({ marks }) => marks.length > 0);
  const groups = [...Map.groupBy(marked, ({ rank }) => rank)].sort(([a], [b]) => a - b).map(([, group]) => group);
  const keep = keepsAdministrator(world);
  for (const group of [harmless.filter(({ waits }) => waits.length === 0), harmless, ...groups]) {
    const candidates = keep(group);
    if (candidates.length > 0) return { candidates };
  }
  return { candidates: [] };
}

function isDone(value: string | undefined, stored: StoredParameter | undefined): boolean {
  if (value === undefined || stored === undefined) return value === stored?.value;
  return !stored.secure && isDeepStrictEqual(normal(stored.value), normal(value));
}

function candidatesFor(change: Wanted, lifting: ReadonlySet<string>, world: World): Candidate[] {
  const { context, stored, wanted } = world;
  const { name, value } = change;
  const address = readName(context.prefix, name);
  if (address === undefined) return [{ write: change, marks: [], rank: 0, waits: [] }];
  const before = readValue(name, stored.get(name), context);
  const { marks, isRemoval, waits } = judge(name, address, world);
  const rank = rankOf(address, isRemoval, marks.length > 0);
  const recent = waits.filter((one) => isRecent(world, one));
  if (address.kind === "deny") {
    const first =
      before.problem === undefined
        ? withoutLifts(before, readValue(name, wanted.get(name), context), world)
        : undefined;
    const whole = { write: change, marks, rank, waits: recent };
    return first === undefined
      ? [whole]
      : [{ write: { name, value: first }, marks: [], rank: DENIALS, waits: [] }, whole];
  }
  const [entry] = before.entries;
  if (value !== undefined || entry === undefined || !needsDate(address, lifting, world))
    return [{ write: change, marks, rank, waits: recent }];
  // A deletion leaves no date, so other commands could not wait for it.
  if (!isActive(entry, context)) return [{ write: change, marks, rank, waits: isRecent(world, name) ? [name] : [] }];
  const ended = JSON.stringify({ ...entry.mapping, notAfter: new Date(context.now).toISOString() });
  return [{ write: { name, value: ended }, marks, rank, waits: recent }];
}

/** Whether other changes depend on when it was removed: they wait until the function no longer uses it. */
function needsDate(address: ParameterAddress, lifting: ReadonlySet<string>, { context }: World): boolean {
  if (address.kind === "account" || address.kind === "sso") return true;
  if (address.kind === "role" && setOf(address) !== undefined) return true;
  return denyListsFor(address, context).some((list) => lifting.has(list));
}

function lifts(name: string, world: World): boolean {
  const { context, stored, wanted } = world;
  if (readName(context.prefix, name)?.kind !== "deny") return false;
  const [before, after] = [stored, wanted].map((values) => readValue(name, values.get(name), context));
  return (
    before !== undefined &&
    after !== undefined &&
    (before.problem !== undefined || liftedDenials(before, after, world).length > 0)
  );
}

const DENIALS = -1;
const PLACES = ["sso-session", "exact", "sso", "pattern", "any", "account"];

/** Denials, grants, removals, lifted denials. Higher mappings are granted first, and lower ones are removed first. */
function rankOf({ kind, account }: ParameterAddress, isRemoval: boolean, isMarked: boolean): number {
  if (kind === "deny") return isMarked ? 2 * PLACES.length : DENIALS;
  const place = PLACES.indexOf(
    kind === "pattern" && account === "any" ? "any" : PLACES.includes(kind) ? kind : "exact",
  );
  return isRemoval ? 2 * PLACES.length - 1 - place : place;
}

/** Leaves out writes after which no administrator remains, if there is one now and at the end. */
function keepsAdministrator({ context, stored, wanted }: World) {
  const state = new Map<string, StoredParameter>(stored);
  const write = (name: string, value: StoredParameter | undefined) =>
    value === undefined ? state.delete(name) : state.set(name, value);
  let admin = findAdministrator(state, context);
  for (const [name, value] of wanted) write(name, value);
  const isGuarded = admin !== undefined && hasAdministrator(state, context);
  for (const name of wanted.keys()) write(name, stored.get(name));
  return (group: readonly Candidate[]): readonly Candidate[] =>
    group.filter(({ write: { name, value } }) => {
      if (!isGuarded) return true;
      const before = state.get(name);
      write(name, parameterOf(value));
      const isKept = admin !== undefined && administratorsIn(admin, state, context).length > 0;
      const next = isKept ? admin : findAdministrator(state, context);
      if (next === undefined) write(name, before);
      else admin = next;
      return next !== undefined;
    });
}

export function parameterOf(value: string | undefined): StoredParameter | undefined {
  return value === undefined ? undefined : { value, secure: false };
}
