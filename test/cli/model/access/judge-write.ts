// Judges one write of a proof: finds what it gives to an identity, in every mix of values that a
// function may hold, and whether the operator accepted that.

import type { Mark } from "../../../../cli/model/judgement.ts";
import type { User } from "../../../../functions/authenticator/user/user.ts";
import {
  type Answer,
  answer,
  decide,
  decidingOf,
  isWithin,
  mappingOf,
  type Value,
  valueFor,
  type World,
} from "./answers.ts";
import type { State } from "./any-plan.ts";
import { type Gain, isNamed, isShown } from "./consent.ts";
import { currentValue, type ProofStore, possibleValues, shortOf } from "./proof-store.ts";

/** A write that has just been stored. */
export interface ProofWrite {
  readonly name: string;
  readonly old: Value;
  readonly value: Value;
  /** The marks that the operator accepted before it. */
  readonly marks: readonly Mark[];
  /**
   * The states before and after the commands, if the rule orders the writes: no identity may have
   * more between two writes than in one of these.
   */
  readonly ordered: readonly State[] | undefined;
}

export interface Excess {
  readonly what: "not named" | "between";
  readonly arn: string;
  readonly world: World;
  readonly at: number;
  readonly user: User;
  readonly by: string;
  /** The write since which it has it. */
  readonly write: string;
  readonly baseline: readonly (User | undefined)[];
}

/** What the writes of a proof give: counts of gains and of the mixes that were compared. */
export interface Gains {
  excess: Excess[];
  /** What writes give to identities, with or without consent. */
  gains: number;
  /** Gains that are only shown need no mark. */
  named: number;
  /**
   * What identities have only between two writes, although the rule orders them: beyond each
   * command's states.
   */
  between: number;
  mixes: number;
}

/** A function that reads the written parameter, at one instant. */
interface Moment {
  readonly write: ProofWrite;
  readonly store: ProofStore;
  readonly world: World;
  readonly at: number;
}

/** What a mix of values gives with the write, and gave before it. */
interface MixGain {
  readonly user: User;
  readonly deciding: Answer;
  readonly was: User | undefined;
  /** What the identity has in the states of `ordered`. */
  readonly baseline: readonly (User | undefined)[] | undefined;
}

/**
 * Compares each mix in which the value has just been written with the same mix before, and with the
 * commands' states: now, and when each entry ends.
 */
export function judgeWrite(write: ProofWrite, store: ProofStore, found: Gains): void {
  const instants = [store.now, ...[...store.ends].filter((end) => end > store.now)];
  for (const world of store.worlds) {
    const place = world.places.findIndex(({ parameter }) => parameter === write.name);
    if (place < 0) continue;
    for (const at of instants) judgeMoment({ write, store, world, at }, place, found);
  }
}

/** @param place of the written parameter, in the order in which the function reads */
function judgeMoment(moment: Moment, place: number, found: Gains): void {
  const { write, world, at } = moment;
  const [before, after] = [answer(write.old, world, at), answer(write.value, world, at)];
  if (isSame(before, after)) return;
  let baseline: MixGain["baseline"];
  for (const mix of mixesWith(after, place, moment)) {
    found.mixes += 1;
    const deciding = decide(mix);
    if (deciding?.user === undefined) continue;
    const { user } = deciding;
    const was = decide(mix.with(place, before))?.user;
    // What it had before was judged when it was given.
    if (isWithin(user, was)) continue;
    baseline ??= usersIn(moment);
    judgeGain({ user, deciding, was, baseline }, moment, found);
  }
}

/** Returns each combination of answers that a function may give, with this one at its place. */
function mixesWith(
  after: Answer,
  place: number,
  { store, world, at }: Moment,
): readonly (readonly Answer[])[] {
  const choices = world.places.map(({ parameter }, other) => {
    if (other === place) return [after];
    const values = possibleValues(parameter, at, store);
    return distinct(values.map((value) => answer(value, world, at)));
  });
  return product(choices);
}

/** Returns what the identity has in each of the commands' states. */
function usersIn({ write, world, at }: Moment): MixGain["baseline"] {
  return write.ordered?.map((state) => {
    const answers = answersOf(world, at, (name) => valueFor(name, state[shortOf(name)]));
    return decide(answers)?.user;
  });
}

function judgeGain(mixGain: MixGain, { write, store, world, at }: Moment, found: Gains): void {
  const { user, deciding, was, baseline } = mixGain;
  const { identity } = world;
  const { name, marks } = write;
  const gain: Gain = {
    identity,
    at,
    parameter: name,
    old: write.old.text,
    deciding,
    mapping: mappingOf(deciding) ?? {},
    decidesNow: decidesNow(world, store),
  };
  const isOf = (mark: Mark) => isNamed(gain, mark);
  const excess = {
    arn: identity.arn,
    world,
    at,
    user,
    by: deciding.parameter,
    write: `${name} = ${write.value.text}`,
    baseline: [was, ...(baseline ?? [])],
  };
  found.gains += 1;
  if (marks.some((mark) => mark.parameter === name && isOf(mark))) found.named += 1;
  else if (!isShown(gain)) found.excess.push({ ...excess, what: "not named" });
  if (baseline === undefined || baseline.some((other) => isWithin(user, other))) return;
  found.between += 1;
  if (!marks.some(isOf)) found.excess.push({ ...excess, what: "between" });
}

function decidesNow(world: World, store: ProofStore): Answer | undefined {
  return decidingOf(answersOf(world, store.now, (name) => currentValue(name, store)));
}

function answersOf(world: World, at: number, find: (name: string) => Value): readonly Answer[] {
  return world.places.map(({ parameter }) => answer(find(parameter), world, at));
}

function isSame(before: Answer, after: Answer): boolean {
  const isNoMapping = mappingOf(before) === undefined && mappingOf(after) === undefined;
  return isNoMapping && before.verdict.kind === after.verdict.kind;
}

function distinct(answers: readonly Answer[]): readonly Answer[] {
  if (answers.length < 2) return answers;
  const keyOf = (found: Answer) => mappingOf(found) ?? found.verdict.kind;
  return [...new Map(answers.map((found) => [keyOf(found), found])).values()];
}

/** Returns each combination of one item of each list. */
function product<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [choices.map(([first]) => first as T)];
  for (const [place, some] of choices.entries()) {
    if (some.length > 1) all = all.flatMap((mix) => some.map((next) => mix.with(place, next)));
  }
  return all;
}
