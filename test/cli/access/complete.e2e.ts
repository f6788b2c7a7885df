// Long proofs of the comparison of access and its mutants: `npm run test:access`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { MUTANTS } from "./mutants.ts";
import { proveDecisions } from "./prove-decisions.ts";
import { proveGlobs } from "./prove-globs.ts";

const RUNS = 20_000;
const MUTANT_RUNS = 5_000;
const run = promisify(execFile);

test(`${RUNS} random sets of globs: the walk finds every combination and no false one`, () => {
  proveGlobs(RUNS);
});

test(`${RUNS} random changes: every gain and loss is reported, and no false one`, async (t) => {
  const { gains, losses } = await proveDecisions(RUNS);
  assert.ok(gains > 50_000 && losses > 50_000);
  t.diagnostic(`${gains} gains and ${losses} losses of single principals`);
});

for (const name of Object.keys(MUTANTS)) {
  test(`the proof fails ${name}`, async (t) => {
    const words = [`${import.meta.dirname}/prove-mutant.ts`, name, String(MUTANT_RUNS)];
    await assert.rejects(run(process.execPath, words), (error: { code?: number; stdout?: string }) => {
      assert.equal(error.code, 1);
      assert.match(error.stdout ?? "", /^killed: /);
      t.diagnostic((error.stdout ?? "").trim());
      return true;
    });
  });
}
