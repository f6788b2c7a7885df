// Whether a state between two others gives some identity more than both of them.

import { accessOf, givesMore } from "./access.ts";
import type { Parameters, States } from "./account-names.ts";
import { compareAccess } from "./compare-access.ts";
import type { EvaluationContext } from "./evaluation.ts";

/**
 * @param step from one state to the next; the first and the last state of a plan are its `others`
 * @returns true for a gain that neither end of the plan gives. Where there is too much to compare, false: the plan says so
 */
export async function givesTooMuch(
  step: States & { readonly others: readonly Parameters[] },
  context: EvaluationContext,
): Promise<boolean> {
  const { differences } = await compareAccess(step, context);
  for (const { kind, identity, after, from } of differences) {
    if (kind !== "gain") continue;
    const ends = await Promise.all(step.others.map((end) => accessOf(identity, end, { ...context, now: from })));
    if (ends.every((end) => givesMore(end, after))) return true;
  }
  return false;
}
