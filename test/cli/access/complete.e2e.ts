// The long proof of the rule that judges changes: `npm run test:access`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Counts } from "./prove-plans.ts";

const RUNS = 20_000;
const WORKERS = 2;
const run = promisify(execFile);

async function prove(kind: "all" | "one", runs: number, seed: number): Promise<Counts> {
  const words = [`${import.meta.dirname}/prove-plans.ts`, kind, String(runs), String(seed)];
  return JSON.parse((await run(process.execPath, words)).stdout);
}

test(`${RUNS} random plans: every mix of old and new values gives no identity more without a mark`, async (t) => {
  const seed = Date.now() % 1_000_000;
  const workers = Array.from({ length: WORKERS }, (_, index) => prove("all", RUNS / WORKERS, seed + index));
  const counts = await Promise.all(workers);
  const sum = (key: keyof Counts) => counts.reduce((total, one) => total + one[key], 0);
  assert.equal(sum("plans"), RUNS);
  assert.ok(sum("gains") > 100_000);
  t.diagnostic(
    `seed ${seed}: ${sum("mixes")} mixes, ${sum("gains")} gains, all by an entry that the plan marks or shows`,
  );
});

test("random plans of one change: the share that is marked although no identity gains", async (t) => {
  const { plans, marked, needless } = await prove("one", 2_000, 1);
  t.diagnostic(
    `${plans} plans, ${marked} marked, ${needless} of them needlessly: ${Math.round((100 * needless) / plans)} %`,
  );
  assert.ok(needless < plans / 4);
});
