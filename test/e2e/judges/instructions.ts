// What the documents tell people to change in their control planes, taken from the documents themselves.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blocksOf, ROOT } from "../../docs/shell-blocks.ts";

/** The page's only block of this language that has all these texts, and none of the texts in `without`. */
export function blockWith(
  page: string,
  language: string,
  texts: readonly string[],
  without: readonly string[] = [],
): string {
  const [block, ...others] = blocksOf(page, language).filter(
    (one) => texts.every((text) => one.includes(text)) && !without.some((text) => one.includes(text)),
  );
  assert.ok(
    block !== undefined && others.length === 0,
    `${page}: ${others.length + 1} blocks have ${texts.join(", ")}`,
  );
  return block;
}

/** The page's only piece of inline code that matches. */
export function inlineCode(page: string, pattern: RegExp): string {
  const text = readFileSync(join(ROOT, page), "utf8");
  const found = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code).filter((code) => pattern.test(code));
  const [code, ...others] = new Set(found);
  assert.ok(code !== undefined && others.length === 0, `${page}: ${found.length} pieces of code match ${pattern}`);
  return code;
}
