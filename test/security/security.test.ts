// Each claim of SECURITY.md that names a test has a break that this test must notice (`npm run
// test:claims` runs them). Every file that SECURITY.md and SECURITY-CHECKLIST.md name exists, and
// the checklist rates each item once.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CLAIMS } from "./claims.ts";
import { filesIn, ROOT, securityStatements } from "./statements.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const statements = securityStatements();

test("every file that SECURITY.md names exists", () => {
  const named = statements.flatMap(({ text }) => filesIn(text));
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter((file) => !existsSync(join(ROOT, file))),
    [],
  );
});

test("every row of the threat table names its code and its test", () => {
  const [, section = ""] = read("SECURITY.md").split("| threat | defence | code | test |\n");
  const rows = (section.split("\n\n")[0] ?? "").split("\n").slice(1);
  assert.ok(rows.length > 40);
  for (const row of rows) {
    const [code = "", tests = ""] = row.split(" | ").slice(-2);
    assert.match(code, /`[\w/.-]+\.ts`/, row);
    assert.match(tests, /`[\w/.-]+\.test\.ts`/, row);
  }
});

test("every statement of SECURITY.md that names a test has a break", () => {
  const claims = statements.filter(({ tests }) => tests.length > 0);
  assert.ok(claims.length > 60);
  const unproven = claims.filter(
    ({ text }) => !CLAIMS.some(({ statement }) => text.startsWith(statement)),
  );
  assert.deepEqual(
    unproven.map(({ text }) => text),
    [],
  );
  for (const { statement, test: file } of CLAIMS) {
    const [found, ...more] = statements.filter(({ text }) => text.startsWith(statement));
    assert.ok(found !== undefined && more.length === 0, statement);
    assert.ok(found.tests.includes(file), `${statement}: ${file}`);
  }
});

test("the text that each break replaces is in its file exactly once", () => {
  for (const { statement, file, from, to } of CLAIMS) {
    assert.equal(read(file).split(from).length, 2, `${statement}: ${file}: ${from}`);
    assert.notEqual(from, to);
  }
});

test("the checklist rates each item once, and what is met or answered names files that exist", () => {
  const checklist = read("SECURITY-CHECKLIST.md");
  const rows = [
    ...checklist.matchAll(/^\| (OSPS-[A-Z]{2}-\d\d\.\d\d|[a-z0-9_]+) \| (.*?) \| (.*) \|$/gm),
  ].slice(2);
  const ids = rows.map(([, id = ""]) => id).filter((id) => !["question", "item"].includes(id));
  // Version 2026.08.28 of OSPS has 64 requirements, the badge 67 criteria.
  assert.deepEqual(
    [ids.filter((id) => id.startsWith("OSPS")).length, ids.length, new Set(ids).size],
    [64, 131, 131],
  );
  const filesOf = (text: string) =>
    [...text.matchAll(/`([\w./-]+)`/g)].flatMap(([, name = ""]) =>
      /^[.A-Z]|\//.test(name) || /\.json$/.test(name) ? [name] : [],
    );
  for (const [row, id = "", status = "", text = ""] of rows.filter(([, id = ""]) =>
    ids.includes(id),
  )) {
    assert.match(status, /^(met|not met|decision)$/, id);
    if (status === "met") assert.ok(filesOf(text).length > 0, row);
  }
  const named = filesOf(checklist).filter((name) => name !== "SHA256SUMS");
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter((name) => !existsSync(join(ROOT, name))),
    [],
  );
});
