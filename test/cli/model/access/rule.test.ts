// The rule that judges changes: what a write gives to an identity is named by a mark, or shown by
// the plan.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { ONLY_IN_ALL } from "../../../extent.ts";
import type { Counts } from "./prove-plans.ts";

const execute = promisify(execFile);

/**
 * In a process without coverage: mutants change the files, and V8 loses counts of functions that
 * run this often.
 */
async function run(program: string, ...words: readonly (string | number)[]): Promise<string> {
  // Node passes the variable on to children unless their environment has the key.
  const env = { ...process.env, NODE_V8_COVERAGE: undefined };
  const file = `${import.meta.dirname}/${program}.ts`;
  const { stdout } = await execute(process.execPath, [file, ...words.map(String)], { env });
  return stdout;
}

const prove = async (...words: readonly (string | number)[]): Promise<Counts> => {
  return JSON.parse(await run("prove-plans", ...words));
};

test(
  "40 random plans, and a sample of all plans over two and three parameters",
  ONLY_IN_ALL,
  async () => {
    const samples = [
      prove("random", 40, 7),
      prove("families", 2, 701),
      prove("families", 3, 2_000_003),
    ] as const;
    const [random, two, three] = await Promise.all(samples);
    assert.ok(random.plans === 40 && random.gains > 500, JSON.stringify(random));
    assert.ok(two.plans > 1_000 && two.gains > 5 * two.plans, JSON.stringify(two));
    assert.ok(three.plans > 100 && three.gains > three.plans, JSON.stringify(three));
  },
);

test(
  "whom the rule counts as an administrator is one, with the tokens that the function accepts",
  ONLY_IN_ALL,
  async () => {
    assert.ok(Number(await run("prove-plans", "administrators", 400, 6)) > 40);
  },
);

test(
  "without any one of its clauses, the rule fails for the plan beside the mutant",
  ONLY_IN_ALL,
  async () => {
    assert.match(await run("prove-mutants"), /\n(\d+) of \1 killed\n$/);
  },
);
