// The walk through combinations of globs is complete and bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { globAutomaton } from "../../../cli/access/glob-automaton.ts";
import { newBudget, TooManyStates, walkPart } from "../../../cli/access/walk.ts";
import { proveGlobs } from "./prove-globs.ts";

test("2,000 random sets of globs: the walk finds every combination and no false one", () => {
  proveGlobs(2_000);
});

function statesOf(globs: readonly string[], characters: string, budget = newBudget()): number {
  const automata = globs.map(globAutomaton);
  const { left } = budget;
  walkPart(
    automata,
    { characters, other: "-", min: 1, max: 64, isRead: globs.map(() => true) },
    [{ parts: [], others: "", states: automata.map(({ start }) => start) }],
    budget,
  );
  return left - budget.left;
}

const WORDS = ["prod", "team", "ops", "dev", "admin", "batch", "cron", "ci", "data", "web"];
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

test("a hundred prefixes, or ten prefixes and ten suffixes, need few states", () => {
  const prefixes = Array.from({ length: 100 }, (_, index) => `${String(index).padStart(3, "0")}-*`);
  assert.ok(statesOf(prefixes, LETTERS) < 1_000);
  assert.ok(statesOf([...WORDS.map((word) => `${word}*`), ...WORDS.map((word) => `*${word}`)], LETTERS) < 5_000);
});

test("the walk ends when the budget is used up", () => {
  const globs = Array.from({ length: 26 }, (_, index) => `*${LETTERS[index]}*`);
  assert.throws(() => statesOf(globs, LETTERS, newBudget(5_000)), TooManyStates);
});
