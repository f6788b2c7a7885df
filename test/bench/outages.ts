// How many logins fail while one or two services fail, strangers send tokens or the clock steps:
// `npm run bench -- outages`. Writes the figures to outages.json, of which `npm run docs` makes
// tables. `npm run bench -- outages before` writes those of the build before, the file in
// BENCH_BUNDLE. More words are a part of the names of the rows and failures to run.

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { CASES, outageOf, ROWS, SEEDS } from "./outage-cases.ts";
import { FIGURES_FILE, type Figure, figuresText, nameOf, readFigures } from "./outage-figures.ts";
import { type Measured, type Outage, runOutages } from "./spikes/run-outage.ts";

const [, , , ...words] = process.argv;
const column = words[0] === "before" ? "before" : "now";
const part = words.slice(column === "before" ? 1 : 0).join(" ");
/** Outages that run in one process: starting one takes as long as two of them. */
const BATCH = 6;

type BySeed = readonly Measured[];

/**
 * Returns the results of each, with all seeds. Runs as many processes at once as there are
 * processors.
 */
async function runAll(all: readonly ((seed: number) => Outage)[]): Promise<readonly BySeed[]> {
  const results: BySeed[] = [];
  const left = [...all.entries()];
  async function work(): Promise<void> {
    while (left.length > 0) {
      const batch = left.splice(0, BATCH);
      const measured = await runOutages(batch.flatMap(([, of]) => SEEDS.map(of)));
      for (const [place, [index]] of batch.entries())
        results[index] = measured.slice(place * SEEDS.length, (place + 1) * SEEDS.length);
      console.error(`${left.length} of ${all.length} left`);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}

/** The median is the middle one of the seeds' medians. */
function figureOf(measured: BySeed): Figure {
  const sum = (of: (one: Measured) => number) => measured.reduce((all, one) => all + of(one), 0);
  const medians = measured.map(({ median }) => median).toSorted((a, b) => a - b);
  return {
    lost: sum(({ lost }) => lost),
    redirected: sum(({ redirected }) => redirected),
    median: Number((medians[medians.length >> 1] ?? 0).toFixed(2)),
    slowest: Number(Math.max(...measured.map(({ slowest }) => slowest)).toFixed(1)),
  };
}

const known = readFigures();
const rows = Object.entries(ROWS).filter(([name]) => name.includes(part));
const cases = CASES.filter((each) => nameOf(each).includes(part));
const results = await runAll([
  ...rows.map(
    ([, row]) =>
      (seed: number): Outage => ({ ...row, seed }),
  ),
  ...cases.map((each) => (seed: number) => outageOf(each, seed)),
]);
const measuredRows = new Map(
  rows.map(([name], index) => {
    const bySeed = results[index] ?? [];
    const last = known.rows.find((row) => row.name === name);
    const figures = bySeed.map((one) => figureOf([one]));
    return [
      name,
      { name, logins: bySeed[0]?.logins ?? 0, before: [], now: [], ...last, [column]: figures },
    ];
  }),
);
const measuredCases = new Map(
  cases.map((of, index) => {
    const bySeed = results[rows.length + index] ?? [];
    const last = known.cases.find((row) => nameOf(row.of) === nameOf(of));
    const logins = bySeed.reduce((all, one) => all + one.logins, 0);
    return [nameOf(of), { ...last, of, logins, [column]: figureOf(bySeed) }];
  }),
);
const figures = {
  rows: Object.keys(ROWS).flatMap(
    (name) => measuredRows.get(name) ?? known.rows.find((row) => row.name === name) ?? [],
  ),
  cases: CASES.flatMap(
    (each) =>
      measuredCases.get(nameOf(each)) ??
      known.cases.find(({ of }) => nameOf(of) === nameOf(each)) ??
      [],
  ),
};
writeFileSync(FIGURES_FILE, figuresText(figures));
