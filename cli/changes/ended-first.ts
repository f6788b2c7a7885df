// Finds the removals that take two writes, so that the plan shows why the command will wait.

import { nextPhase } from "../access/phases.ts";
import { afterwards } from "../access/plan-state.ts";
import type { Stored } from "../aws/parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { Change } from "./plan.ts";

/** The names of parameters that are written as ended before they are deleted. */
export function endedFirst(
  changes: readonly Change[],
  current: ReadonlyMap<string, Stored>,
  context: EvaluationContext,
): ReadonlySet<string> {
  const removed = new Set(changes.flatMap(({ name, value }) => (value === undefined ? [name] : [])));
  const found = new Set<string>();
  let states: Parameters<typeof nextPhase>[1] = current;
  while (removed.size > 0) {
    const { writes = [] } = nextPhase(changes, states, context) ?? {};
    if (writes.length === 0) break;
    for (const { name, value } of writes) if (value !== undefined && removed.has(name)) found.add(name);
    states = afterwards(states, writes);
  }
  return found;
}
