// Proves plans: `node prove-plans.ts <kind> <number> <seed>`. Prints counts as JSON, or the first
// counterexample.
//
// random <runs> <seed>: several changes, one or two commands. one <runs> <seed>: of one change.
// families <size> <step> <part>: every <step>-th plan over so many parameters. A second part of as
// many families is for another process.

import fc from "fast-check";
import { hasAdministrator } from "../../../../cli/model/access/administrators.ts";
import { ADMIN_GROUPS } from "../../../../functions/authenticator/mapping/admin-groups.ts";
import {
  answer,
  dated,
  decide,
  forgetValues,
  prepare,
  valueFor,
  type World,
  worldsFor,
} from "./answers.ts";
import { type AnyPlan, anyPlan, CONTEXT } from "./any-plan.ts";
import { type Options, prove, RULE, type Rule } from "./prove.ts";
import { countOf, families, planAt, worldsOf } from "./two-parameters.ts";
import { COMPLETING } from "./universe.ts";

export interface Counts {
  plans: number;
  marked: number;
  /** Plans with a mark although no write gives anything that a mark has to name. */
  needless: number;
  /** What writes give to identities: named by a mark, or shown by the plan. */
  gains: number;
  mixes: number;
  /**
   * Plans in which an identity has more between two writes than before and after them, by an entry
   * that a mark names.
   */
  between: number;
}

const ofTwo = { weight: 2, arbitrary: anyPlan(2, fc.constantFrom(1, 2)) };
const several = fc.oneof({ weight: 3, arbitrary: anyPlan(1, fc.constantFrom(1, 2, 3, 4)) }, ofTwo);
const KINDS = { random: several, one: anyPlan(1, fc.constant(1)) };

/** Throws for a plan for which the rule fails. */
async function count(plan: AnyPlan, options: Options, counts: Counts, rule = RULE): Promise<void> {
  const { excess, gains, named, between, marks, mixes, isLockedOut, isStopped } = await prove(
    plan,
    options,
    rule,
  );
  const [first] = excess;
  const isStuck = isStopped && (plan.others ?? []).length === 0;
  if (first !== undefined || isLockedOut || isStuck) {
    const { isInterrupted } = options;
    throw new Error(
      JSON.stringify({ plan, isInterrupted, isLockedOut, isStuck, ...first, marks }, null, 2),
    );
  }
  counts.mixes += mixes;
  if (options.isInterrupted) return;
  counts.plans += 1;
  counts.gains += gains;
  if (between > 0) counts.between += 1;
  if (marks.length > 0) counts.marked += 1;
  if (marks.length > 0 && named === 0) counts.needless += 1;
}

const none = (): Counts => ({ plans: 0, marked: 0, needless: 0, gains: 0, mixes: 0, between: 0 });

export async function proveRandom(
  kind: keyof typeof KINDS,
  runs: number,
  seed: number,
): Promise<Counts> {
  const counts = none();
  for (const plan of fc.sample(KINDS[kind], { numRuns: runs, seed })) {
    // With and without an interruption and a repetition after each write.
    for (const isInterrupted of [false, true])
      await count(plan, { isInterrupted, gap: isInterrupted ? 10_000 : 0 }, counts);
  }
  return counts;
}

/** @param part 0 or 1: which half of the families; default: all of them */
export async function proveFamilies(
  size: number,
  step: number,
  part?: number,
  rule?: Rule,
): Promise<Counts> {
  const counts = none();
  const sorted = families(size).toSorted((a, b) => countOf(a) - countOf(b));
  for (const [place, family] of sorted.entries()) {
    if (part !== undefined && place % 2 !== part) continue;
    const shared = { worlds: await worldsOf(family), phases: new Map() };
    // Another first plan for each family, so that a sample has other shapes of each.
    for (let index = (place * 7919) % step; index < countOf(family); index += step) {
      const plan = planAt(family, index);
      if (plan !== undefined)
        await count(plan, { isInterrupted: false, gap: 0, family: shared }, counts, rule);
    }
  }
  return counts;
}

/**
 * Of random stores: in how many the rule finds an administrator. Throws if no identity with such
 * tokens is one.
 */
async function proveAdministrators(runs: number, seed: number): Promise<number> {
  let found = 0;
  for (const { states, signedTokens } of fc.sample(anyPlan(0, fc.constant(0)), {
    numRuns: runs,
    seed,
  })) {
    forgetValues();
    // No identity of the universe has the other pin.
    const state = Object.fromEntries(
      Object.entries(states[0] ?? {}).filter(([, text]) => !text?.includes("PINNED2")),
    );
    const values = new Map(
      Object.entries(state).map(([short, text]) => [
        short,
        valueFor(`${CONTEXT.prefix}/${short}`, text),
      ]),
    );
    const stored = new Map(
      [...values].flatMap(([short, value]) =>
        value.stored ? [[`${CONTEXT.prefix}/${short}`, dated(value, 0)]] : [],
      ),
    );
    if (!hasAdministrator(stored, { ...CONTEXT, ...(signedTokens && { signedTokens }) })) continue;
    found += 1;
    // A mapping that makes only those administrators who choose the right name is none that remains.
    const accepted = ({ identity: { claims, sessionName } }: World) =>
      (claims !== undefined) === (signedTokens === "only") && sessionName !== COMPLETING;
    const worlds = worldsFor([state], false).filter(
      (plan) => plan.reserved.length === 0 && accepted(plan),
    );
    for (const [short, value] of values) await prepare(`${CONTEXT.prefix}/${short}`, value, worlds);
    const isOne = (world: World) => {
      const mix = world.places.map(({ parameter }) =>
        answer(valueFor(parameter, state[parameter.slice(3)]), world, CONTEXT.now),
      );
      return decide(mix)?.user?.groups.some((group) => ADMIN_GROUPS.includes(group));
    };
    if (!worlds.some(isOne))
      throw new Error(`nobody is an administrator: ${JSON.stringify({ state, signedTokens })}`);
  }
  return found;
}

if (import.meta.main) {
  const [kind = "", ...numbers] = process.argv.slice(2);
  const [first = 0, second = 0, third] = numbers.map(Number);
  if (kind === "administrators") console.log(await proveAdministrators(first, second));
  else {
    const counts =
      kind === "families"
        ? proveFamilies(first, second, third)
        : proveRandom(kind as "one", first, second);
    console.log(JSON.stringify(await counts));
  }
}
