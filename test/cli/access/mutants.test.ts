// Checks that every mutant still matches the source code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { MUTANTS } from "./mutants.ts";

for (const [name, { file, from, to }] of Object.entries(MUTANTS)) {
  test(`the mutant ${name} changes one place of ${file}`, () => {
    const source = readFileSync(`${import.meta.dirname}/../../../cli/access/${file}`, "utf8");
    assert.equal(source.split(from).length, 2);
    assert.notEqual(from, to);
  });
}
