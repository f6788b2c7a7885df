// Judges the change of a deny list: denials that are lifted, and the list that is written before they are.

import { finding } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import { sizeProblem } from "../store/value.ts";
import { type Entry, isActive, type Value } from "./entries.ts";
import { alternatives, type Mark, mayApply, subject } from "./marks.ts";
import { covers } from "./overlap.ts";
import { type PlanState, valuesIn } from "./plan-state.ts";
import { branchOf } from "./precedence.ts";

/** Active denials in `list` that no denial in `others` covers for as long: lifted or, the other way round, new ones. */
export function uncoveredDenials(list: Value, others: Value, context: EvaluationContext): readonly Entry[] {
  return list.entries.filter((denial) => isActive(denial, context) && !isCovered(denial, others));
}

function isCovered(denial: Entry, { entries }: Value): boolean {
  return entries.some((other) => other.end >= denial.end && covers(other, denial));
}

/** The value that adds denials and lifts none; `undefined` unless the change does both. Throws if it is too long. */
export function withoutLifts(before: Value, after: Value, context: EvaluationContext): string | undefined {
  const lifted = uncoveredDenials(before, after, context);
  const [one] = lifted;
  if (one === undefined) return undefined;
  if (uncoveredDenials(after, before, context).length === 0) return undefined;
  const kept = after.entries.filter(({ key }) => !lifted.some((old) => old.key === key));
  return both([...kept, ...lifted], before, one, context);
}

/** The value with stored and new entries, which is written before entries are removed. Throws if it is too long. */
export function both(
  entries: readonly Entry[],
  before: Value,
  { parameter }: Entry,
  { prefix }: EvaluationContext,
): string {
  // New keys last: so it can be merged with another operator's new entries.
  const keys = before.entries.map(({ key }) => key);
  const place = ({ key }: Entry) => (keys.includes(key) ? keys.indexOf(key) : keys.length);
  const inOrder = entries.toSorted((a, b) => place(a) - place(b));
  const value = JSON.stringify(inOrder.map(({ mapping }) => mapping));
  const problem = sizeProblem(value);
  if (problem === undefined) return value;
  throw finding(
    `${shortName(parameter, prefix)} is first written with the stored and the new entries, and has no room for both: ${problem}. ` +
      "Remove the entries with one command, and add the new ones with another.",
  );
}

/** Marks of the denials that are lifted. */
export function liftMarks(before: Value, after: Value, state: PlanState): Mark[] {
  const { prefix } = state.context;
  return uncoveredDenials(before, after, state.context).map((denial) => {
    const gives = mayApply(denial, valuesIn(branchOf(denial, state), state), state.context);
    const then = gives.length === 0 ? "" : `: ${alternatives(gives, prefix)}`;
    const text = `${subject(denial)} is no longer denied by ${shortName(denial.parameter, prefix)}${then}`;
    return { parameter: denial.parameter, entry: denial, kind: "denial", gives, text };
  });
}
