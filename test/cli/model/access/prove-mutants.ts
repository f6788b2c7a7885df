// Runs each mutant of the rule with its counterexample. Prints a line for each, and exits with 1 if
// the proof misses one.

import { CONTEXT, type State } from "./any-plan.ts";
import { MUTANTS, mutated, registerMutants } from "./mutants.ts";
import { prove, RULE, type Rule } from "./prove.ts";

interface Judged {
  /** Access without consent, or without an administrator. */
  readonly hole: string | undefined;
  readonly between: number;
  /** Marks and the entries that they name. */
  readonly named: number;
  readonly duration: number;
}

export async function judgePlan(states: readonly State[], rule: Rule): Promise<Judged> {
  let judged: Judged = { hole: undefined, between: 0, named: 0, duration: 0 };
  for (const isInterrupted of [false, true]) {
    const found = await prove({ states, reserved: true }, { isInterrupted, gap: 0 }, rule);
    const [first] = found.excess;
    const signed = first?.world.identity.claims ? " (AWS-signed)" : "";
    const text =
      first &&
      `${first.arn}${signed} gets ${first.user.username} (${first.user.groups.join(", ")}) by ${first.by.slice(CONTEXT.prefix.length + 1)}: ${first.what}`;
    judged = {
      hole:
        judged.hole ??
        text ??
        (found.isLockedOut ? "no administrator remains" : found.isStopped ? "stops" : undefined),
      between: judged.between + found.between,
      named: judged.named + found.marks.reduce((sum, { gives }) => sum + 1 + gives.length, 0),
      duration: judged.duration + found.duration,
    };
  }
  return judged;
}

/** What the mutant does with the plan that the rule does not; `undefined` if nothing. */
export function difference(real: Judged, found: Judged): string | undefined {
  if (found.hole !== undefined) return found.hole;
  if (found.between > real.between) return "more between two writes";
  if (found.named > real.named) return `needless marks: ${found.named}, not ${real.named}`;
  return found.duration > real.duration
    ? `needless wait: ${found.duration} ms, not ${real.duration}`
    : undefined;
}

if (import.meta.main) {
  registerMutants();
  let missed = 0;
  for (const [name, , , , ...states] of MUTANTS) {
    const real = await judgePlan(states, RULE);
    const found = difference(real, await judgePlan(states, await mutated(name)));
    const isKilled = real.hole === undefined && found !== undefined;
    if (!isKilled) missed += 1;
    const hole = real.hole === undefined ? "" : `; the rule: ${real.hole}`;
    console.log(`${isKilled ? "killed" : "MISSED"}: ${name}: ${found ?? "nothing"}${hole}`);
  }
  console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} killed`);
  process.exitCode = missed === 0 ? 0 : 1;
}
