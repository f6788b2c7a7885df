// Every file that SECURITY.md names as code or as a test exists.

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
