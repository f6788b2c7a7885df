// What the documents state about outages is what `npm run bench -- outages` measured.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CASES, GUARDED_ROWS, ROWS, SEEDS } from "../bench/outage-cases.ts";
import { nameOf, readFigures } from "../bench/outage-figures.ts";
import { onlyOtherRegions, slowEc2, worstPairs } from "./outages.ts";

const figures = readFigures();
/** Without line breaks. */
const read = (file: string) =>
  readFileSync(new URL(`../../${file}`, import.meta.url), "utf8").replaceAll(/\s+/g, " ");

test("each row and each pair was measured before and now, with every seed", () => {
  assert.deepEqual(
    figures.rows.map(({ name }) => name),
    Object.keys(ROWS),
  );
  assert.deepEqual(
    figures.cases.map(({ of }) => nameOf(of)),
    CASES.map(nameOf),
  );
  for (const { name, before, now } of figures.rows)
    assert.deepEqual([before.length, now.length], [SEEDS.length, SEEDS.length], name);
  for (const { of, before, now, logins } of figures.cases)
    assert.ok(before !== undefined && now !== undefined && logins > 100, nameOf(of));
});

test("a guarded row loses at most one login", () => {
  for (const { name, now } of figures.rows.filter(({ name }) => name in GUARDED_ROWS))
    assert.ok(
      now.every(({ lost }) => lost <= 1),
      name,
    );
});

test("up to 40 tokens a second for the own Region's silent STS cost no login with another", () => {
  const rows = figures.rows.filter(({ name }) => name.includes("40 tokens/s"));
  const alone = figures.cases.filter(
    ({ of: { failures } }) => failures.join() === "the own Region's STS is silent",
  );
  assert.deepEqual([rows.length, alone.length], [1, 6]);
  assert.ok(rows.every(({ now }) => now.every(({ lost }) => lost === 0)));
  assert.ok(alone.every(({ now }) => now?.lost === 0));
});

test("SECURITY.md and docs/regions.md have the measured limit of nodes at a slow EC2", () => {
  for (const file of ["SECURITY.md", "docs/regions.md"])
    assert.ok(read(file).includes(slowEc2(figures)), `${file}: ${slowEc2(figures)}`);
});

test("docs/regions.md has the measured worst of two failures at once", () => {
  assert.ok(read("docs/regions.md").includes(worstPairs(figures)), worstPairs(figures));
});

test("docs/regions.md has what ends the losses while the own Region's STS is silent", () => {
  assert.ok(read("docs/regions.md").includes(onlyOtherRegions(figures)), onlyOtherRegions(figures));
});
