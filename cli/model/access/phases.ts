// Plans the writes of a set of changes: in phases, with waits between them, so that no identity has
// excess access.

import {
  isListKind,
  type MappingKind,
  type ParameterKind,
} from "../../../functions/authenticator/mapping/kinds.ts";
import {
  type ParameterAddress,
  readName,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { MAPPING_FOUND_MS } from "../../../functions/parameters/stored-parameter.ts";
import {
  type EffectiveValue,
  isActive,
  mayHave,
  overlaps,
  type PlacedEntry,
} from "../entry-arns.ts";
import type { Mark, Phase, PhaseWrite } from "../judgement.ts";
import { addLooks, type Looks, looksAt } from "../looks.ts";
import { mentionsAdministrators } from "../names.ts";
import { isStored, valueProblem } from "../stored.ts";
import { hasAdministrator } from "./administrators.ts";
import { entryChanges } from "./changes.ts";
import { judgeChange } from "./judge-change.ts";
import {
  addressOf,
  afterwards,
  denyListsFor,
  type PlanState,
  planState,
  type RuleSettings,
  type States,
  setOf,
  valuesOf,
  type Wanted,
} from "./state.ts";

/**
 * The time after which a value is settled, in milliseconds: a review that began with the earlier
 * value takes up to 5 s.
 */
export const SETTLED_MS = MAPPING_FOUND_MS + 5_000;

/**
 * The places in order: higher before lower. It is not the order of a review, because of AWS-signed
 * tokens. `any` is for patterns of any account.
 */
const PLACES = ["sso-session", "role", "sso", "pattern", "any", "account"] as const;

/** The place of each kind. A principal that has no permission set is like a role. */
const PLACE_OF: Readonly<Record<MappingKind, (typeof PLACES)[number]>> = {
  role: "role",
  user: "role",
  root: "role",
  "federated-user": "role",
  sso: "sso",
  "sso-session": "sso-session",
  pattern: "pattern",
  account: "account",
};

/**
 * The order of marked changes: higher mappings are granted first, and lower ones are removed first;
 * lifted denials are last.
 */
const GROUPS = [...PLACES, ...PLACES.toReversed().map((place) => `no ${place}`), "lift"];

/** A write that is possible next. */
interface Candidate {
  readonly write: PhaseWrite;
  readonly marks: readonly Mark[];
  /** One of `GROUPS`, which decides when a marked write happens. */
  readonly group: string;
  /** Parameters that the function must have read before. */
  readonly waits: readonly string[];
}

/**
 * Returns the changes that need consent: judged once against stored and planned values, after all
 * harmless ones.
 */
export function marksOf(
  changes: readonly Wanted[],
  current: States,
  review: RuleSettings,
): readonly Mark[] {
  return markedCandidates(changes, current, review).flatMap(({ marks }) => marks);
}

/** Simulates the harmless writes until none is left. */
function markedCandidates(
  changes: readonly Wanted[],
  current: States,
  review: RuleSettings,
): readonly Candidate[] {
  let states = current;
  for (;;) {
    const all = nextCandidates(changes, states, review);
    // A change that is deferred until another administrator exists is still to be written.
    const keep = keepsAdministrator(changes, states, review);
    const harmless = keep(all.filter(({ marks }) => marks.length === 0));
    if (harmless.length === 0) return all;
    states = afterwards(
      states,
      harmless.map(({ write }) => write),
    );
  }
}

/**
 * Returns the next writes; `undefined` if every parameter has its wanted value. Call it again after
 * the writes, with all changes and with the parameters as they are read then: it skips what is
 * done.
 *
 * @param clock the running clock of AWS, for waits and for ends of administrators' mappings;
 * `review.now` is the plan's time
 */
export function nextPhase(
  changes: readonly Wanted[],
  current: States,
  review: RuleSettings,
  clock: number = review.now,
): Phase | undefined {
  const all = nextCandidates(changes, current, review);
  if (all.length === 0) return undefined;
  const recent = ({ waits }: Candidate) =>
    waits.filter(
      (name) => (current.get(name)?.modified ?? Number.NEGATIVE_INFINITY) + SETTLED_MS > clock,
    );
  const keep = keepsAdministrator(changes, current, { ...review, now: clock });
  function* groups(): Generator<readonly Candidate[]> {
    const harmless = all
      .filter(({ marks }) => marks.length === 0)
      .sort((a, b) => Number(isLift(b)) - Number(isLift(a)));
    yield harmless.filter((change) => recent(change).length === 0);
    yield harmless;
    const marked = all.filter(({ marks }) => marks.length > 0);
    for (const name of GROUPS) yield marked.filter(({ group }) => group === name);
  }
  for (const group of groups()) {
    const chosen = keep(group);
    if (chosen.length === 0) continue;
    const waitsFor = [...new Set(chosen.flatMap(recent))];
    const from = Math.max(
      clock,
      ...waitsFor.map((name) => (current.get(name)?.modified ?? 0) + SETTLED_MS),
    );
    return { writes: chosen.map(({ write }) => write), waitsFor, from };
  }
  return { writes: [], waitsFor: [], from: clock };
}

/** Returns the parameters that are written as ended, and deleted later. */
export function endedFirst(
  changes: readonly Wanted[],
  current: States,
  review: RuleSettings,
): ReadonlySet<string> {
  const removed = new Set(changes.flatMap(({ name, value }) => (value === undefined ? name : [])));
  const all = removed.size === 0 ? [] : nextCandidates(changes, current, review);
  return new Set(
    all.flatMap(({ write }) =>
      removed.has(write.name) && write.value !== undefined ? write.name : [],
    ),
  );
}

function isLift({ group }: Candidate): boolean {
  return group === "lift";
}

function nextCandidates(
  changes: readonly Wanted[],
  states: States,
  review: RuleSettings,
): readonly Candidate[] {
  const left = changes.filter(({ name, value }) => !isStored(value, states.get(name)));
  if (left.length === 0) return [];
  const state = planState(left, states, review);
  return left.flatMap((change) => {
    const uses = looksAt();
    const candidates = candidatesFor(change, uses, state.observed(uses));
    if (review.reading !== undefined) addLooks(review.reading, uses);
    return candidates;
  });
}

function candidatesFor(change: Wanted, uses: Looks, state: PlanState): Candidate[] {
  const { review } = state;
  const { name, value } = change;
  const address = addressOf(name, review);
  const write = { ...change, uses };
  const [before, after = before] = valuesOf(state, name);
  const { marks, isRemoval, waits } = judgeChange(name, address, state);
  const candidate: Candidate = { write, marks, group: groupOf(address, isRemoval), waits };
  if (address.kind === "deny") {
    const first = withoutLifts(before, after, review);
    return first === undefined
      ? [candidate]
      : [{ ...candidate, write: { ...write, value: first }, marks: [], waits: [] }, candidate];
  }
  const [entry] = before.entries;
  if (
    value !== undefined ||
    entry === undefined ||
    isListKind(entry.kind) ||
    !needsDate(entry, state)
  )
    return [candidate];
  // A deletion leaves no date, so other commands could not wait for it.
  if (!isActive(entry, review)) return [{ ...candidate, waits: [name] }];
  const ended = JSON.stringify({ ...entry.mapping, notAfter: new Date(review.now).toISOString() });
  return [{ ...candidate, write: { ...write, value: ended } }];
}

function groupOf({ kind, account }: ParameterAddress, isRemoval: boolean): string {
  if (kind === "deny") return "lift";
  const place = account === "any" ? "any" : PLACE_OF[kind];
  return isRemoval ? `no ${place}` : place;
}

/**
 * Returns the deny list that gains denials and loses none; `undefined` unless the change does both,
 * or without room for both.
 */
function withoutLifts(
  before: EffectiveValue,
  after: EffectiveValue,
  review: RuleSettings,
): string | undefined {
  if ((before.problem ?? after.problem) !== undefined) return undefined;
  const changes = entryChanges(before, after, review);
  const keysOf = (effect: "gives" | "takes") =>
    changes.flatMap(({ effects, old, new: now }) =>
      effects.has(effect) ? [(old ?? now)?.key] : [],
    );
  const lifted = keysOf("takes");
  if (lifted.length === 0 || keysOf("gives").length === 0) return undefined;
  const isLifted = ({ key }: PlacedEntry) => lifted.includes(key);
  const kept = [
    ...before.entries.filter(isLifted),
    ...after.entries.filter((denial) => !isLifted(denial)),
  ];
  // New keys last: so it can be merged with another operator's new entries.
  const keys = before.entries.map(({ key }) => key);
  const place = ({ key }: PlacedEntry) => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const value = JSON.stringify(
    kept.toSorted((a, b) => place(a) - place(b)).map(({ mapping }) => mapping),
  );
  return valueProblem(value) === undefined ? value : undefined;
}

/**
 * Whether a removal of the kind changes which of the other mappings applies, so that their changes
 * wait for it.
 */
const DECIDES_OTHERS: Readonly<Record<ParameterKind, (address: ParameterAddress) => boolean>> = {
  role: (address) => setOf(address) !== undefined,
  user: () => false,
  root: () => false,
  "federated-user": () => false,
  sso: () => true,
  "sso-session": () => true,
  pattern: () => false,
  account: () => true,
  deny: () => false,
};

/**
 * Returns whether other changes depend on when it was removed: they wait until the function no
 * longer uses it.
 */
function needsDate(entry: PlacedEntry, state: PlanState): boolean {
  if (DECIDES_OTHERS[entry.kind](entry)) return true;
  // This command or a later one may lift it.
  const mayBeLifted = (list: string) =>
    mayHave(valuesOf(state, list)[0], state.review, (denial) => overlaps(denial, entry));
  return denyListsFor(entry, state.review).some(mayBeLifted);
}

/**
 * Returns whether a parameter may deny an administrator, or take precedence over one, without
 * mentioning administrators.
 */
function mayHideAdministrator(address: ParameterAddress | undefined): boolean {
  return address !== undefined && HIDES_ADMINISTRATOR[address.kind](address);
}

const HIDES_ADMINISTRATOR: Readonly<Record<ParameterKind, (address: ParameterAddress) => boolean>> =
  {
    role: (address) => setOf(address) !== undefined,
    user: () => false,
    root: () => false,
    "federated-user": () => false,
    sso: () => false,
    // An invalid list denies the roles of its set, and any list denies AWS-signed tokens of them.
    "sso-session": () => true,
    pattern: () => false,
    account: () => false,
    deny: () => true,
  };

/** Leaves out writes after which no administrator remains, if there is one now and at the end. */
function keepsAdministrator(
  changes: readonly Wanted[],
  states: States,
  review: RuleSettings,
): (group: readonly Candidate[]) => readonly Candidate[] {
  const matters = (name: string, value: string | undefined) =>
    mentionsAdministrators(value) || mayHideAdministrator(readName(review.prefix, name));
  let kept: States = new Map([...states].filter(([name, { value }]) => matters(name, value)));
  const keeps = (writes: readonly Wanted[]) => hasAdministrator(afterwards(kept, writes), review);
  if (!keeps([]) || !keeps(changes)) return (group) => group;
  return (group) =>
    group.filter(({ write }) => {
      if (!kept.has(write.name) && !matters(write.name, write.value)) return true;
      const isKept = keeps([write]);
      if (isKept) kept = afterwards(kept, [write]);
      return isKept;
    });
}
