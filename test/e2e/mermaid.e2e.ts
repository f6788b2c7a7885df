// Parses the diagrams of the documents with Mermaid. With its dependencies, Mermaid has 150 MB, so
// it is installed on demand and is not a dependency of the project.

import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { blocksOf, PAGES } from "../docs/shell-blocks.ts";
import { npmTool } from "./tools.ts";

const VERSION = "11.17.2";

interface Mermaid {
  parse(diagram: string): Promise<{ readonly diagramType: string }>;
}

/** Disables DOMPurify, which sanitizes labels and needs a browser. */
const PURIFIER = "export default { addHook() {}, sanitize: (text) => text };";

async function loadMermaid(): Promise<Mermaid> {
  const entry = join(npmTool(`mermaid@${VERSION}`), "node_modules/mermaid/dist/mermaid.core.mjs");
  const url = `data:text/javascript,${encodeURIComponent(PURIFIER)}`;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "dompurify" ? { url, shortCircuit: true } : next(specifier, context),
  });
  return (await import(pathToFileURL(entry).href)).default;
}

const diagrams = PAGES.flatMap((page) =>
  blocksOf(page, "mermaid").map((diagram) => ({ page, diagram })),
);
let mermaid: Mermaid;
before(async () => {
  mermaid = await loadMermaid();
});

test("an invalid diagram fails", () =>
  assert.rejects(mermaid.parse("flowchart LR\n  a --> --> b"), /Parse error/));

for (const [index, { page, diagram }] of diagrams.entries()) {
  test(`diagram ${index + 1}, of ${page}, is valid`, async () => {
    const { diagramType } = await mermaid.parse(diagram);
    assert.match(diagramType, /^(flowchart|sequence)/);
  });
}
