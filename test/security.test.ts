// Every file that SECURITY.md and SECURITY-CHECKLIST.md name exists, and the checklist rates each item once.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const security = readFileSync(join(root, "SECURITY.md"), "utf8");
const named = [...security.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path = ""]) => path);

/** SECURITY.md abbreviates paths: attacks by file name, the function's code relative to its folder, others from the root. */
function pathOf(name: string): string {
  if (/^(functions|cli|infra|build|test)\//.test(name)) return name;
  return join(name.endsWith(".test.ts") ? "test/functions/authenticator/attacks" : "functions/authenticator", name);
}

test("every file that SECURITY.md names exists", () => {
  assert.ok(named.length > 30);
  const missing = named.filter((name) => !existsSync(join(root, pathOf(name))));
  assert.deepEqual(missing, []);
});

test("every row of the threat table names its code and its test", () => {
  const [, section = ""] = security.split("| threat | defence | code | test |\n");
  const rows = (section.split("\n\n")[0] ?? "").split("\n").slice(1);
  assert.ok(rows.length > 10);
  for (const row of rows) {
    const [code = "", tests = ""] = row.split(" | ").slice(-2);
    assert.match(code, /`[\w/.-]+\.ts`/, row);
    assert.match(tests, /`[\w/.-]+\.test\.ts`/, row);
  }
});

test("the checklist rates each item once, and what is met or answered names files that exist", () => {
  const checklist = readFileSync(join(root, "SECURITY-CHECKLIST.md"), "utf8");
  const rows = [...checklist.matchAll(/^\| (OSPS-[A-Z]{2}-\d\d\.\d\d|[a-z0-9_]+) \| (.*?) \| (.*) \|$/gm)].slice(2);
  const ids = rows.map(([, id = ""]) => id).filter((id) => !["question", "item"].includes(id));
  // Version 2026.08.28 of OSPS has 64 requirements, the badge 67 criteria.
  assert.deepEqual([ids.filter((id) => id.startsWith("OSPS")).length, ids.length, new Set(ids).size], [64, 131, 131]);
  const filesIn = (text: string) =>
    [...text.matchAll(/`([\w./-]+)`/g)].flatMap(([, name = ""]) =>
      /^[.A-Z]|\//.test(name) || /\.json$/.test(name) ? [name] : [],
    );
  for (const [row, id = "", status = "", text = ""] of rows.filter(([, id = ""]) => ids.includes(id))) {
    assert.match(status, /^(met|not met|decision)$/, id);
    if (status === "met") assert.ok(filesIn(text).length > 0, row);
  }
  const named = filesIn(checklist).filter((name) => name !== "SHA256SUMS");
  assert.ok(named.length > 100);
  assert.deepEqual(
    named.filter((name) => !existsSync(join(root, name))),
    [],
  );
});
