// What is made from the code is as the code has it. docs/commands.md holds every --help, word by word, so that a change
// of any shows in review. After a change that is meant: npm run docs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedDocuments } from "./generated.ts";

test("docs/commands.md and the table of error codes are up to date: otherwise, npm run docs", async () => {
  const documents = Object.entries(await generatedDocuments());
  assert.equal(documents.length, 2);
  for (const [path, text] of documents) {
    assert.equal(readFileSync(join(import.meta.dirname, "../..", path), "utf8"), text, `${path}: npm run docs`);
  }
});
