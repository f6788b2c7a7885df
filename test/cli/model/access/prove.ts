// Carries out plans as the command does, and finds what a write gives to an identity, in every mix
// of values that a function may hold, without the operator's consent.

import { hasAdministrator } from "../../../../cli/model/access/administrators.ts";
import { hasConsent } from "../../../../cli/model/access/changes.ts";
import { marksOf, nextPhase } from "../../../../cli/model/access/phases.ts";
import {
  afterwards,
  type RuleSettings,
  type States,
  type Wanted,
} from "../../../../cli/model/access/state.ts";
import type { Mark, Phase } from "../../../../cli/model/judgement.ts";
import { type Looks, looksAt, sizeOf } from "../../../../cli/model/looks.ts";
import { mentionsAdministrators } from "../../../../cli/model/names.ts";
import { dated, forgetValues, getOr, valueFor, type World, worldsFor } from "./answers.ts";
import { type AnyPlan, CONTEXT, type State, type Text } from "./any-plan.ts";
import { type Gains, judgeWrite } from "./judge-write.ts";
import {
  currentValue,
  nameOf,
  type ProofStore,
  preparedValue,
  proofStore,
  shortOf,
  storedStates,
  storeValue,
} from "./proof-store.ts";

export interface Rule {
  readonly hasAdministrator: typeof hasAdministrator;
  readonly marksOf: typeof marksOf;
  readonly nextPhase: typeof nextPhase;
}

export const RULE: Rule = { hasAdministrator, marksOf, nextPhase };

const MOST_PHASES = 50;
/** Three writes a second. */
const WRITE_MS = 333;

export interface Options {
  /** The command is interrupted after each write, and run again. */
  readonly isInterrupted: boolean;
  readonly gap: number;
  /** Of plans over the same parameters: what they have in common is found once. */
  readonly family?: {
    readonly worlds: readonly World[];
    readonly phases: Map<string, Phase | undefined>;
  };
}

export interface Outcome extends Readonly<Gains> {
  /** As printed, by each command and repetition. */
  readonly marks: readonly Mark[];
  /**
   * Whether a write left no administrator, although there was one before and at the end of its
   * command.
   */
  readonly isLockedOut: boolean;
  /** In milliseconds: of all commands and waits. */
  readonly duration: number;
  /** Whether the plan stopped, since the rule marked something new, or does not end. */
  readonly isStopped: boolean;
}

/** A plan that is carried out, and what was found so far. */
interface Proof {
  readonly plan: AnyPlan;
  readonly options: Options;
  readonly rule: Rule;
  readonly settings: RuleSettings;
  readonly store: ProofStore;
  readonly found: Gains;
  readonly printed: Mark[];
  /** The number of calls to Parameter Store: another operator writes before some of them. */
  calls: number;
  isLockedOut: boolean;
  isStopped: boolean;
}

/** A command that is carried out. */
interface Command {
  readonly changes: readonly Wanted[];
  /** Whether there is an administrator before and after it. */
  readonly isGuarded: boolean;
  /** Whether the rule orders its writes, so that none gives more than the commands' states. */
  readonly isOrdered: boolean;
  /** The settings at the time of its plan. */
  review: RuleSettings;
  /** What the operator accepted. */
  marks: readonly Mark[];
  /** Whether the changes were judged with the values that are stored now. */
  isJudged: boolean;
}

/** Carries out the commands one after the other. */
export async function prove(plan: AnyPlan, options: Options, rule = RULE): Promise<Outcome> {
  const proof = await begin(plan, options, rule);
  const { store, found, printed } = proof;
  for (const wanted of plan.states.slice(1)) {
    await carryOut(wanted, proof);
    store.now += options.gap;
  }
  if (options.family === undefined) forgetValues();
  const { isLockedOut, isStopped } = proof;
  const duration = store.now - CONTEXT.now;
  return { ...found, marks: printed, isLockedOut, isStopped, duration };
}

async function begin(plan: AnyPlan, options: Options, rule: Rule): Promise<Proof> {
  const { states, reserved, signedTokens, others = [] } = plan;
  const [first = {}] = states;
  const all = [...states, ...others.map(({ short, text }) => ({ [short]: text }))];
  const shorts = [...new Set(all.flatMap((state) => Object.keys(state)))];
  const isChanged = (short: string) => new Set(all.map((state) => state[short])).size > 1;
  const changed = new Set(shorts.filter(isChanged).map(nameOf));
  const worlds = (options.family?.worlds ?? worldsFor(all, reserved)).filter(({ places }) =>
    places.some(({ parameter }) => changed.has(parameter)),
  );
  const store = proofStore(shorts.map(nameOf), first, worlds);
  for (const short of shorts) {
    for (const state of all) await preparedValue(nameOf(short), state[short], store);
  }
  const settings = {
    ...CONTEXT,
    reservedPrefixes: reserved ? ["res:"] : [],
    ...(signedTokens && { signedTokens }),
  };
  const found = { excess: [], gains: 0, named: 0, between: 0, mixes: 0 };
  const state = { printed: [], calls: 0, isLockedOut: false, isStopped: false };
  return { plan, options, rule, settings, store, found, ...state };
}

async function carryOut(wanted: State, proof: Proof): Promise<void> {
  const command = planCommand(wanted, proof);
  printMarks(command, proof);
  for (let phases = 0; phases < MOST_PHASES; phases += 1) {
    if (!(await goesOn(command, proof))) return;
  }
  proof.isStopped = true;
}

function planCommand(wanted: State, { plan, rule, settings, store }: Proof): Command {
  const review = { ...settings, now: store.now };
  const texts = new Map([...store.current].map(([name, { value }]) => [name, value.text]));
  const isGuarded =
    rule.hasAdministrator(storedStates(store), review) &&
    rule.hasAdministrator(statesOf(wanted), review);
  // A change is deferred until another administrator exists: then only the marks count.
  const mayDefer = isGuarded && mentionsAdministrators(JSON.stringify(plan.states));
  const isOrdered = (plan.others ?? []).length === 0 && !mayDefer;
  const changes = changesTo(wanted, texts);
  return { changes, isGuarded, isOrdered, review, marks: [], isJudged: false };
}

/** Prints the marks, which the operator accepts. */
function printMarks(command: Command, { options, rule, store, printed }: Proof): void {
  const { changes, review } = command;
  const states = storedStates(store);
  command.marks = options.family
    ? rule.marksOf(changes, states, review)
    : marksByReading(changes, states, review, rule);
  command.isJudged = true;
  printed.push(...command.marks);
}

/** Carries out the next phase, or a part of it. Returns whether the command goes on. */
async function goesOn(command: Command, proof: Proof): Promise<boolean> {
  const { changes } = command;
  const { store } = proof;
  const changed = await writesOfOthers(proof);
  if (isConflict(changed, command)) return false;
  if (changed.length > 0) command.isJudged = false;
  const reading = looksAt(changes.map(({ name }) => name));
  const review = { ...command.review, reading };
  if (!isAccepted(command, review, proof)) {
    proof.isStopped = true;
    return false;
  }
  const left = changes.filter(({ name, value }) => value !== store.current.get(name)?.value.text);
  if (wouldLockOut(left, command, proof)) return false;
  const phase = nextOf(left, review, proof);
  if (phase === undefined || phase.writes.length === 0) return false;
  if (phase.from <= store.now) return writePhase(phase, reading, command, proof);
  store.now = phase.from;
  return true;
}

/** Another operator writes before this call. Returns the parameters. */
async function writesOfOthers(proof: Proof): Promise<readonly string[]> {
  const { plan, store, calls } = proof;
  const due = (plan.others ?? []).filter(({ point }) => point === calls);
  proof.calls += 1;
  for (const { short, text } of due) {
    const name = nameOf(short);
    storeValue(name, await preparedValue(name, text, store), store);
  }
  return due.map(({ short }) => nameOf(short));
}

/** Returns whether another operator wrote what the command changes: then it ends. */
function isConflict(changed: readonly string[], { changes }: Command): boolean {
  return changes.some(({ name }) => changed.includes(name));
}

/**
 * Judges the changes again if values may have changed. Returns whether the operator accepted each
 * mark before.
 */
function isAccepted(command: Command, review: RuleSettings, { plan, rule, store }: Proof): boolean {
  if ((plan.others ?? []).length === 0 && command.isJudged) return true;
  const again = rule.marksOf(command.changes, storedStates(store), review);
  if (!again.every((mark) => hasConsent(mark, command.marks))) return false;
  command.marks = [...command.marks, ...again];
  command.isJudged = true;
  return true;
}

/**
 * Returns whether the rest would remove the last administrator, since a mapping ended during a wait:
 * then the command stops.
 */
function wouldLockOut(left: readonly Wanted[], { isGuarded }: Command, proof: Proof): boolean {
  if (!isGuarded || !isAdministered(proof)) return false;
  const { rule, settings, store } = proof;
  const after = afterwards(storedStates(store), left);
  return !rule.hasAdministrator(after, { ...settings, now: store.now });
}

function isAdministered({ rule, settings, store }: Proof): boolean {
  return rule.hasAdministrator(storedStates(store), { ...settings, now: store.now });
}

/** Returns the next phase. Plans of a family share those of equal states. */
function nextOf(
  left: readonly Wanted[],
  review: RuleSettings,
  { options: { family }, rule, store }: Proof,
): Phase | undefined {
  const { now } = store;
  const next = () => rule.nextPhase(left, storedStates(store), review, now);
  if (family === undefined) return next();
  const stored = Array.from(store.current, ([name, { value, modified }]) => [
    name,
    value.text,
    modified,
  ]);
  return getOr(family.phases, JSON.stringify([left, stored, review.now, now]), next);
}

/**
 * Writes the phase until another operator changes what it depends on, or an interruption. Returns
 * whether the command goes on.
 */
async function writePhase(
  { writes }: Phase,
  reading: Looks,
  command: Command,
  proof: Proof,
): Promise<boolean> {
  const { options, store } = proof;
  for (const write of writes) {
    const changed = await writesOfOthers(proof);
    if (isConflict(changed, command)) return false;
    if (changed.some((name) => isLookedAt(name, reading))) return true;
    await writeAndJudge(write, command, proof);
    store.now += WRITE_MS;
    if (!options.isInterrupted) continue;
    store.now += options.gap;
    command.review = { ...command.review, now: store.now };
    printMarks(command, proof);
    return true;
  }
  return true;
}

async function writeAndJudge(
  { name, value: text }: Wanted,
  command: Command,
  proof: Proof,
): Promise<void> {
  const { plan, store, found } = proof;
  const { isGuarded, isOrdered, marks } = command;
  const old = currentValue(name, store);
  const value = await preparedValue(name, text, store);
  const wasAdministered = isGuarded && isAdministered(proof);
  storeValue(name, value, store);
  if (wasAdministered && !isAdministered(proof)) proof.isLockedOut = true;
  command.isJudged = false;
  const ordered = isOrdered ? plan.states : undefined;
  judgeWrite({ name, old, value, marks, ordered }, store, found);
}

/**
 * Returns the marks, with no other parameters than those that the rule looks at, as the command
 * reads them.
 */
function marksByReading(
  changes: readonly Wanted[],
  stored: States,
  review: RuleSettings,
  rule: Rule,
): readonly Mark[] {
  const reading = looksAt(changes.map(({ name }) => name));
  for (;;) {
    const size = sizeOf(reading);
    const current = new Map([...stored].filter(([name]) => isLookedAt(name, reading)));
    const marks = rule.marksOf(changes, current, { ...review, reading });
    if (sizeOf(reading) === size) return marks;
  }
}

function isLookedAt(name: string, { accounts, accountsOfRoles, names }: Looks): boolean {
  const [kind, account = ""] = shortOf(name).split("/");
  return (
    names.has(name) ||
    accounts.has("any") ||
    accounts.has(account) ||
    (kind === "role" && accountsOfRoles.has(account))
  );
}

function changesTo(wanted: State, current: ReadonlyMap<string, Text>): readonly Wanted[] {
  const shorts = [...current.keys()].map(shortOf);
  return [...new Set([...Object.keys(wanted), ...shorts])].flatMap((short) => {
    // The command empties a list, and never deletes it.
    const none =
      /^(?:pattern|deny|sso-session)/.test(short) && current.has(nameOf(short)) ? "[]" : undefined;
    const [name, text] = [nameOf(short), wanted[short] ?? none];
    // The command writes no SecureString.
    const value = text === "secure" && current.get(name) !== "secure" ? "{" : text;
    return value === current.get(name) ? [] : [{ name, value }];
  });
}

/** Returns the parameters of a state, as the command writes them. */
function statesOf(wanted: State): States {
  return new Map(
    Object.entries(wanted).flatMap(([short, text]) => {
      const value = valueFor(nameOf(short), text === "secure" ? "{" : text);
      return value.stored === undefined ? [] : [[nameOf(short), dated(value, 0)] as const];
    }),
  );
}
