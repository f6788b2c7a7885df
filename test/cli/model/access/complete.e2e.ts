// The long proof of the rule that judges changes: `npm run test:access`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import type { Counts } from "./prove-plans.ts";

const RUNS = 10_000;
/** One of so many plans over three parameters. */
const OF_THREE = 200_003;
const run = promisify(execFile);

async function prove(...words: readonly (string | number)[]): Promise<Counts> {
  const { stdout } = await run(process.execPath, [
    `${import.meta.dirname}/prove-plans.ts`,
    ...words.map(String),
  ]);
  return JSON.parse(stdout);
}

async function sum(t: TestContext, halves: readonly Promise<Counts>[]): Promise<Counts> {
  const [one, other] = (await Promise.all(halves)) as [Counts, Counts];
  const all = Object.entries(one).map(([key, value]) => [key, value + other[key as keyof Counts]]);
  const counts = Object.fromEntries(all);
  t.diagnostic(JSON.stringify(counts));
  return counts as unknown as Counts;
}

test("every plan over two parameters names or shows what a write gives", async (t) => {
  const { plans, gains } = await sum(t, [prove("families", 2, 1, 0), prove("families", 2, 1, 1)]);
  assert.ok(plans > 800_000 && gains > plans);
});

test(`one of ${OF_THREE} plans over three parameters`, async (t) => {
  const { plans, gains } = await sum(t, [
    prove("families", 3, OF_THREE, 0),
    prove("families", 3, OF_THREE, 1),
  ]);
  assert.ok(plans > 1_000 && gains > plans);
});

test(`${RUNS} random plans of one or two commands beside another operator`, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const { plans, gains } = await sum(t, [
    prove("random", RUNS / 2, seed),
    prove("random", RUNS / 2, seed + 1),
  ]);
  assert.ok(plans === RUNS && gains > 5 * plans);
});

test("random plans of one change: at most a quarter is marked although nothing has to be named", async (t) => {
  const { plans, needless } = await sum(t, [prove("one", 1_000, 1), prove("one", 1_000, 2)]);
  assert.ok(needless < plans / 4);
});

/** In a child process, which reports each lost change. */
async function race(runs: number, seed: number): Promise<number> {
  const file = `${import.meta.dirname}/../../plan/second-operator.ts`;
  const { stdout, stderr } = await run(process.execPath, [file, String(runs), String(seed)]);
  const { lost, raced } = JSON.parse(stdout);
  assert.equal(lost, 0, stderr);
  return raced;
}

test("2,000 commands lose nothing of a colleague's", async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const [first = 0, second = 0] = await Promise.all([race(1_000, seed), race(1_000, seed + 1)]);
  assert.ok(first + second > 1_000, `${first + second} raced`);
});
