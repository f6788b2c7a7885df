// README.md of this folder states the checks and their times as the code has them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CHECKS } from "./acceptance.ts";
import { minutesOf } from "./options.ts";

const page = readFileSync(join(import.meta.dirname, "README.md"), "utf8");

test("README.md has a row for each check, in which the check has its title", () => {
  const rows = page.matchAll(/^\| (\d+) ([^|]+?)(?: \(`--short` only\))? \|/gm);
  const listed = [...rows].map(([, number, title]) => `${number} ${title}`);
  const checks = CHECKS.map(({ number, title }) => `${number} ${title}`);
  assert.deepEqual(listed.toSorted(), [...checks, "14 Removal"].toSorted());
});

test("README.md states how long a run takes, and a session that is long enough", () => {
  const complete = minutesOf(CHECKS.filter(({ short }) => short !== "only"));
  const hours = Number(/^\| time \| about ([\d.]+) h,/m.exec(page)?.[1]);
  assert.ok(Math.abs(complete / 60 - hours) <= 0.25, `${complete} min`);
  const seconds = Number(/`duration_seconds = (\d+)`/.exec(page)?.[1]);
  assert.ok(seconds >= complete * 60, `${complete} min`);
  assert.ok(minutesOf(CHECKS.filter(({ short }) => short !== undefined)) <= 20);
  const [, numbers = "", minutes = ""] =
    /Checks ([\d, and]+) take ([\d, and]+) min/.exec(page) ?? [];
  const stated = numbers
    .match(/\d+/g)
    ?.map((number, at) => [Number(number), Number(minutes.match(/\d+/g)?.[at])]);
  const longest = CHECKS.filter((check) => stated?.some(([number]) => number === check.number));
  assert.deepEqual(
    longest.map((check) => [check.number, check.minutes]),
    stated,
  );
});
