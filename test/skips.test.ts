// What CI does with skipped tests: it prints them, and fails if one is not listed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useFolder } from "./cli/fixtures.ts";
import { LEFT_TO_ALL } from "./extent.ts";
import { MAY_SKIP } from "./skips.ts";

const ROOT = join(import.meta.dirname, "..");
const { write } = useFolder();
const [listed = "", because = ""] = Object.entries(MAY_SKIP)[0] ?? [];

/** Runs a file with these skipped tests and one that passes, with the reporter of the npm scripts. */
function run(
  skipped: Readonly<Record<string, string | true>>,
  variables: Readonly<Record<string, string>>,
) {
  const tests = Object.entries(skipped).map(
    ([name, skip]) => `test(${JSON.stringify(name)}, { skip: ${JSON.stringify(skip)} }, () => {});`,
  );
  const source = ['import { describe, test } from "node:test";', 'test("passes", () => {});'];
  const file = write(
    "some.test.mjs",
    [...source, `describe("a suite", () => {`, ...tests, "});"].join("\n"),
  );
  const reporter = ["--test-reporter=./test/skips.ts", "--test-reporter-destination=stderr"];
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, stderr } = spawnSync(process.execPath, ["--test", ...reporter, file], {
    ...{ cwd: ROOT, encoding: "utf8" },
    env: { ...environment, TEST_SKIPS: "", TEST_ALL: "", ...variables },
  });
  return { status, stderr };
}

test("a skipped test that is not listed fails CI", () => {
  const { status, stderr } = run(
    { "needs a program": "no program here", "gives none": true, [listed]: "x" },
    { TEST_SKIPS: "listed" },
  );
  assert.match(stderr, /NOT LISTED .*\/some\.test\.mjs: needs a program \(no program here\)\n/);
  assert.match(stderr, /NOT LISTED .*: gives none \(no reason\)\n/);
  assert.ok(stderr.includes(`Skipped: ${listed}: ${because}.\n`), stderr);
  assert.equal(status, 1);
});

test("listed tests do not fail CI", () => {
  const skipped = { [listed]: "x", long: LEFT_TO_ALL, longer: LEFT_TO_ALL };
  const short = run(skipped, { TEST_SKIPS: "listed" });
  assert.match(short.stderr, /^Skipped: 2 tests that npm run test:all runs\.\n/);
  assert.equal(short.status, 0, short.stderr);
  const all = run(skipped, { TEST_SKIPS: "listed", TEST_ALL: "1" });
  assert.match(all.stderr, /NOT LISTED .*: long \(npm run test:all runs it\)/);
  assert.equal(all.status, 1);
});

test("on another machine, skipped tests are not mentioned and fail nothing", () => {
  assert.deepEqual(run({ "needs a program": "no program here" }, {}), { status: 0, stderr: "" });
});

test("each listed test exists", () => {
  const { stdout } = spawnSync("git", ["ls-files", "test"], { cwd: ROOT, encoding: "utf8" });
  const files = stdout.split("\n").filter((file) => /\.(test|e2e)\.ts$/.test(file));
  const sources = files.map((file) => readFileSync(join(ROOT, file), "utf8"));
  for (const name of Object.keys(MAY_SKIP))
    assert.ok(
      sources.some((source) => source.includes(JSON.stringify(name))),
      name,
    );
});

test("the runs of CI that skip tests have the reporter, and CI demands the list", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of ["test", "test:all", "test:e2e"])
    assert.match(scripts[name], /--test-reporter=\.\/test\/skips\.ts /, name);
  assert.match(readFileSync(join(ROOT, ".ci", "run"), "utf8"), /^export TEST_SKIPS=listed$/m);
});
