// Proves random plans: `node prove-plans.ts <runs> <seed>`. Prints counts as JSON, or the first counterexample.

import fc from "fast-check";
import { type AnyPlan, anyPlan } from "./any-plan.ts";
import { prove } from "./prove.ts";

export interface Counts {
  plans: number;
  /** Plans with a mark. */
  marked: number;
  /** Plans with a mark although no identity gets anything, not even meanwhile. */
  needless: number;
  /** Identities that get more, all by a marked or shown entry. */
  gains: number;
  mixes: number;
}

const several = fc.oneof(
  { weight: 3, arbitrary: anyPlan(1, fc.constantFrom(1, 2, 3, 4)) },
  { weight: 2, arbitrary: anyPlan(2, fc.constantFrom(1, 2)) },
);

/** Throws with the first plan for which the rule fails. */
export async function provePlans(runs: number, seed: number, plan: fc.Arbitrary<AnyPlan> = several): Promise<Counts> {
  const counts: Counts = { plans: 0, marked: 0, needless: 0, gains: 0, mixes: 0 };
  for (const one of fc.sample(plan, { numRuns: runs, seed })) {
    // With and without an interruption and a repetition after each write.
    for (const isInterrupted of [false, true]) {
      const { excess, gains, marks, mixes, isLockedOut } = await prove(one, {
        isInterrupted,
        gap: isInterrupted ? 10_000 : 0,
      });
      const [first] = excess;
      if (first !== undefined || isLockedOut)
        throw new Error(JSON.stringify({ plan: one, isInterrupted, isLockedOut, first }, null, 2));
      counts.mixes += mixes;
      if (isInterrupted) continue;
      counts.plans += 1;
      counts.gains += gains;
      if (marks.length > 0) counts.marked += 1;
      if (marks.length > 0 && gains === 0) counts.needless += 1;
    }
  }
  return counts;
}

/** Plans of one change. */
export async function needlessMarks(runs: number, seed: number): Promise<Counts> {
  return provePlans(runs, seed, anyPlan(1, fc.constant(1)));
}

if (import.meta.main) {
  const [, , kind, runs, seed] = process.argv;
  const measure = kind === "one" ? needlessMarks : provePlans;
  console.log(JSON.stringify(await measure(Number(runs), Number(seed))));
}
