// Generated files are up to date. test/docs/help.txt contains every --help text, so that reviews show changes.
// To update them: npm run docs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { generatedDocuments } from "./generated.ts";

test("the help, the table of error codes and the images are up to date (npm run docs)", async () => {
  const documents = Object.entries(await generatedDocuments());
  assert.equal(documents.length, 4);
  for (const [path, text] of documents) {
    assert.equal(readFileSync(join(import.meta.dirname, "../..", path), "utf8"), text, `${path}: npm run docs`);
  }
});
