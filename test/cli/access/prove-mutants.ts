// Runs each mutant of the rule with its counterexample. Prints a line for each, and exits with 1 if the proof misses one.

import { CONTEXT } from "./any-plan.ts";
import { MUTANTS, mutated, registerMutants } from "./mutants.ts";
import { prove, RULE, type Rule } from "./prove.ts";

registerMutants();
let missed = 0;
for (const [name, { states }] of Object.entries(MUTANTS)) {
  const plan = { states, reserved: true };
  const fails = async (rule: Rule) => {
    for (const isInterrupted of [false, true]) {
      const { excess, isLockedOut } = await prove(plan, { isInterrupted, gap: 0 }, rule);
      const [first] = excess;
      if (first !== undefined)
        return `${first.arn}${first.world.identity.claims ? " (AWS-signed)" : ""} gets ${first.user.username} (${first.user.groups.join(", ")}) by ${first.by.slice(CONTEXT.prefix.length + 1)}: ${first.what}`;
      if (isLockedOut) return "no administrator remains";
    }
    return undefined;
  };
  const [real, found] = [await fails(RULE), await fails(await mutated(name))];
  const isKilled = real === undefined && found !== undefined;
  if (!isKilled) missed += 1;
  console.log(
    `${isKilled ? "killed" : "MISSED"}: ${name}: ${found ?? "nothing"}${real === undefined ? "" : `; without the mutant: ${real}`}`,
  );
}
console.log(`${Object.keys(MUTANTS).length - missed} of ${Object.keys(MUTANTS).length} killed`);
process.exitCode = missed === 0 ? 0 : 1;
