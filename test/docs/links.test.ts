// Every relative link in the documents has a target, and every named file and npm script exists.
// Generated files are up to date: test/docs/help.txt contains every --help text, so that reviews
// show changes. To update them: npm run docs

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob } from "node:path";
import { test } from "node:test";
import { generatedDocuments } from "./generated.ts";
import { anchorsOf } from "./shell-blocks.ts";

const root = join(import.meta.dirname, "../..");
const documents = globSync(["*.md", "docs/**/*.md", "examples/*/README.md", "test/**/*.md"], {
  cwd: root,
});
const read = (path: string) => readFileSync(join(root, path), "utf8");

function isBroken(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : join(dirname(document), path);
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
}

const code = globSync(
  ["{build,cli,functions,infra,local}/**/*.ts", "examples/**/*.{tf,yml,yaml,ts}"],
  { cwd: root },
);
const { scripts, files: packed } = JSON.parse(read("package.json"));
/** npm packs README.md and LICENSE in any case. */
const isPacked = (path: string) =>
  ["README.md", "LICENSE", ...packed].some(
    (name) => matchesGlob(path, name) || path.startsWith(`${name}/`),
  );

// biome-ignore format: a table
const ROWS = [
  ["each relative link in the documents has a target", documents, /\]\((?![a-z]+:)([^)\s]+)\)/g, isBroken],
  ["a document in the package links only to what is in it", documents.filter(isPacked), /\]\((?![a-z]+:)([^)#\s]+)/g, (document: string, link: string) => !isPacked(join(dirname(document), link))],
  ["each page and section that the code names exists", code, /\b(docs\/[\w-]+\.md(?:#[\w-]+)?)(?!\w|#)/g, (_: string, link: string) => isBroken("README.md", link)],
  ["each file that a document names exists", documents, /`((?:build|cli|functions|infra|local|test)\/[\w./-]+)`/g, (_: string, path: string) => !existsSync(join(root, path))],
  ["every npm script that a document names exists", documents, /npm run (?:--silent |-s )?([\w:-]+)/g, (_: string, name: string) => !(name in scripts)],
] as const;
for (const [title, files, pattern, isMissing] of ROWS) {
  test(title, () => {
    const named = files.flatMap((file) =>
      [...read(file).matchAll(pattern)].map(([, text = ""]) => ({ file, text })),
    );
    assert.ok(named.length > 20);
    const missing = named.filter(({ file, text }) => isMissing(file, text));
    assert.deepEqual(missing, []);
  });
}

test("the help, the table of error codes and the images are up to date (npm run docs)", async () => {
  const documents = Object.entries(await generatedDocuments());
  assert.equal(documents.length, 8);
  for (const [path, text] of documents) assert.equal(read(path), text, `${path}: npm run docs`);
});
