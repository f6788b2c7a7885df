// Reads the instructions for control planes in the documents and examples.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, ROOT } from "../../docs/shell-blocks.ts";

/** The page's only block in this language with all these texts. */
export function blockWith(page: string, language: string, texts: readonly string[]): string {
  const [block, ...others] = blocksOf(page, language).filter((one) => texts.every((text) => one.includes(text)));
  assert.ok(
    block !== undefined && others.length === 0,
    `${page}: ${others.length + 1} blocks have ${texts.join(", ")}`,
  );
  return block;
}

/** A file below examples/. */
export function exampleFile(path: string): string {
  return readFileSync(join(ROOT, "examples", path), "utf8");
}

/** The page's only matching inline code. */
export function inlineCode(page: string, pattern: RegExp): string {
  const text = readFileSync(join(ROOT, page), "utf8");
  const found = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code).filter((code) => pattern.test(code));
  const [code, ...others] = new Set(found);
  assert.ok(code !== undefined && others.length === 0, `${page}: ${found.length} inline codes match ${pattern}`);
  return code;
}
