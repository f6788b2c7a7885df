// Every relative link in the documents has a target, and every named file and npm script exists. Generated files are up to date:
// test/docs/help.txt contains every --help text, so that reviews show changes. To update them: npm run docs

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { generatedDocuments } from "./generated.ts";

const root = join(import.meta.dirname, "../..");
const documents = globSync(["*.md", "docs/**/*.md", "examples/*/README.md", "test/**/*.md"], { cwd: root });
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** Heading anchors as on GitHub: lower case, hyphens for spaces, no other punctuation. */
function anchors(text: string): string[] {
  const headings = text.replaceAll(/```.*?```/gs, "").match(/(?<=^#+ ).*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function isBroken(document: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : join(dirname(document), path);
  if (!existsSync(join(root, target))) return true;
  return anchor !== undefined && !anchors(read(target)).includes(anchor);
}

test("each relative link in the documents has a target", () => {
  const links = documents.flatMap((document) =>
    [...read(document).matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)].map(([, link = ""]) => ({ document, link })),
  );
  assert.ok(links.length > 20);
  assert.deepEqual(
    links.filter(({ document, link }) => isBroken(document, link)),
    [],
  );
});

test("each page and section that the code names exists", () => {
  const code = globSync(["{cli,functions,infra,local}/**/*.ts", "examples/**/*.{tf,yml,yaml,ts}"], { cwd: root });
  const named = code.flatMap((file) =>
    [...read(file).matchAll(/\bdocs\/[\w-]+\.md(?:#[\w-]+)?(?!\w|#)/g)].map(([link]) => ({ file, link })),
  );
  assert.ok(named.length > 15);
  assert.deepEqual(
    named.filter(({ link }) => isBroken("README.md", link)),
    [],
  );
});

test("each file that a document names exists", () => {
  // Records of the past may name deleted files.
  const current = documents.filter((document) => !/^CHANGELOG|docs\/(acceptance|decisions)\//.test(document));
  const named = current.flatMap((document) => [
    ...read(document).matchAll(/`((?:cli|functions|infra|local|test)\/[\w./-]+)`/g),
  ]);
  const paths = named.map(([, path = ""]) => path);
  assert.ok(paths.length > 10);
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test("every npm script that a document names exists", () => {
  const { scripts } = JSON.parse(read("package.json"));
  const named = documents.flatMap((document) => [...read(document).matchAll(/npm run (?:--silent |-s )?([\w:-]+)/g)]);
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.map(([, name = ""]) => name).filter((name) => !(name in scripts)),
    [],
  );
});

test("the help, the table of error codes and the images are up to date (npm run docs)", async () => {
  const documents = Object.entries(await generatedDocuments());
  assert.equal(documents.length, 4);
  for (const [path, text] of documents) {
    assert.equal(read(path), text, `${path}: npm run docs`);
  }
});
