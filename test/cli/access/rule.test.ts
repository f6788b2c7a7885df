// The rule that judges changes: no identity gets more than before or at the end, except by a marked entry.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { provePlans } from "./prove-plans.ts";

const run = promisify(execFile);

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
