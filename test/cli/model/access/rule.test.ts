// The rule that judges changes: what a write gives to an identity is named by a mark, or shown by the plan.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { proveAdministrators, proveFamilies, proveRandom } from "./prove-plans.ts";

const run = promisify(execFile);

test("60 random plans, and a sample of all plans over two and three parameters", async () => {
  const random = await proveRandom("random", 60, 7);
  assert.ok(random.plans === 60 && random.gains > 500, JSON.stringify(random));
  const two = await proveFamilies(2, 701);
  assert.ok(two.plans > 1_000 && two.gains > 5 * two.plans, JSON.stringify(two));
  const three = await proveFamilies(3, 2_000_003);
  assert.ok(three.plans > 100 && three.gains > three.plans, JSON.stringify(three));
});

test("whom the rule counts as an administrator is one, with the tokens that the function accepts", async () => {
  assert.ok((await proveAdministrators(400, 6)) > 40);
});

test("without any one of its clauses, the rule fails for the plan beside the mutant", async () => {
  // Mutants would distort the coverage of the files that they change.
  const { NODE_V8_COVERAGE: _, ...env } = process.env;
  const { stdout } = await run(process.execPath, [`${import.meta.dirname}/prove-mutants.ts`], { env });
  assert.match(stdout, /\n(\d+) of \1 killed\n$/);
});
