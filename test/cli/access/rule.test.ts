// The rule that judges changes: no identity gets more than before or at the end, except by a marked entry.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { MUTANTS } from "./mutants.ts";
import { prove } from "./prove.ts";
import { provePlans } from "./prove-plans.ts";

const run = promisify(execFile);
/** How many plans have these marks. Behind each mark is how many entries it names. */
const PLANS_BY_MARKS = {
  ...{ "": 10, "administrator 1": 6, "administrator 1, denied 1": 1, "administrator 1, wide 1": 1 },
  ...{ "broader 1": 12, "broader 1, broader 1": 1, "broader 2": 1, "denial 0": 1, "denial 1": 9, "end 1": 2 },
  ...{ "invalid 1": 3, "invalid 1, invalid 0": 1, "name 1": 3, "pin 1": 1, "place 2": 2, "unsettled 1": 1 },
  ...{ "wide 1": 3, "wide 1, broader 1": 1, "wide 1, broader 2": 1, "wide 1, denial 0": 1, "wide 1, denial 1": 1 },
  ...{ "wide 1, wide 1": 1 },
};

test("the plans beside the mutants: no identity gets more without a mark, and no other marks exist", async () => {
  const found: Record<string, number> = {};
  for (const { states } of Object.values(MUTANTS)) {
    for (const isInterrupted of [false, true]) {
      const { excess, isLockedOut, marks } = await prove({ states, reserved: true }, { isInterrupted, gap: 0 });
      assert.deepEqual([excess, isLockedOut], [[], false]);
      if (isInterrupted) continue;
      const kinds = marks.map(({ kind, gives }) => `${kind} ${gives.length}`).join(", ");
      found[kinds] = (found[kinds] ?? 0) + 1;
    }
  }
  assert.deepEqual(found, PLANS_BY_MARKS);
});

test("60 random plans: every mix of old and new values gives no identity more without a mark", async () => {
  const { plans, gains, mixes } = await provePlans(60, 7);
  assert.equal(plans, 60);
  assert.ok(gains > 500 && mixes > 50_000, `${gains} gains in ${mixes} mixes`);
});

test("without any one of its clauses, the rule fails for the plan beside the mutant", async () => {
  // Mutants would distort the coverage of the files that they change.
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, [`${import.meta.dirname}/prove-mutants.ts`], { env });
  assert.match(stdout, /\n(\d+) of \1 killed\n$/);
});
