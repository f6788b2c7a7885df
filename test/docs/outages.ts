// Tables of test/bench/README.md, and statements of docs/regions.md, from the figures of `npm run bench -- outages`.

import assert from "node:assert/strict";
import { markdown } from "../bench/measure.ts";
import { CALLERS, type Case, FAILURE_NAMES, type FailureName } from "../bench/outage-cases.ts";
import { type Figure, nameOf, type OutageFigures } from "../bench/outage-figures.ts";

/** For columns. */
const SHORT: Readonly<Record<FailureName, string>> = {
  "the own Region's STS is silent": "own STS",
  "another Region's STS is silent": "other STS",
  "Parameter Store is silent": "Parameter Store",
  "AWS throttles a fifth of all calls": "throttling",
  "EC2 is silent": "EC2",
  "IAM is silent": "IAM",
  "the issuer's keys are silent": "keys",
  "strangers at other Regions' STS": "strangers elsewhere",
  "strangers at the own Region's STS": "strangers here",
  "the clock steps back and forward": "clock",
};

type CaseFigures = OutageFigures["cases"][number];

/**
 * How many of 100 logins fail in the worst case of each pair, by any kind of caller, with or without
 * a standby. Where row and column are the same, nothing else fails.
 */
export function outagePairs({ cases }: OutageFigures): string {
  const cell = (row: FailureName, column: FailureName): string => {
    const worst = worstOf(cases.filter(({ of }) => isPair(of, row, column)));
    return worst > 0 && worst < 1 ? "< 1" : worst.toFixed(0);
  };
  const rows = FAILURE_NAMES.map((row, index) => {
    const cells = FAILURE_NAMES.map((column, at) => (at > index ? "" : cell(row, column)));
    return [row, ...cells];
  });
  return `${markdown(["", ...FAILURE_NAMES.map((name) => SHORT[name])], rows)}\n`;
}

/** How many of 100 logins fail in the worst of the cases. */
function worstOf(cases: readonly CaseFigures[]): number {
  return Math.max(...cases.map(({ now, logins }) => (100 * (now?.lost ?? Number.NaN)) / logins));
}

/** The worst pairs with and without the own Region's STS, in words. */
export function worstPairs({ cases }: OutageFigures): string {
  const atMost = (isOwn: boolean) =>
    Math.ceil(
      worstOf(
        cases.filter(
          ({ of: { failures } }) =>
            failures.length === 2 && failures.includes("the own Region's STS is silent") === isOwn,
        ),
      ),
    );
  return (
    `at most ${atMost(true)} of 100 logins fail while the own Region's STS is silent and another thing fails too, ` +
    `and at most ${atMost(false)} in every other pair.`
  );
}

function isPair({ failures }: Case, row: FailureName, column: FailureName): boolean {
  return (
    failures.length === new Set([row, column]).size &&
    [row, column].every((name) => failures.includes(name))
  );
}

/** The rows with their own rates: a figure for each seed. */
export function outageRows({ rows }: OutageFigures): string {
  const lost = (figures: readonly Figure[]) => figures.map(({ lost }) => lost).join(", ");
  const median = (figures: readonly Figure[]) =>
    figures.map(({ median }) => median.toFixed(1)).join(", ");
  const table = rows.map(({ name, logins, before, now }) => [
    ...[name, String(logins), lost(before), lost(now), median(before), median(now)],
  ]);
  const head = ["what happens", "logins", "lost before", "lost now", "median before, s", "now, s"];
  return `${markdown(head, table)}\n`;
}

/** Each failure and pair: before and now, for each kind of caller, without and with a standby. */
export function everyOutage({ cases }: OutageFigures): string {
  const figures = new Map(cases.map((one) => [nameOf(one.of), one]));
  const names = FAILURE_NAMES.flatMap((first, index) =>
    FAILURE_NAMES.slice(index).map((second) => (first === second ? [first] : [first, second])),
  );
  const rows = names.map((failures) => {
    const cells = CALLERS.flatMap((caller) =>
      [false, true].map((standby) => cellOf(figures.get(nameOf({ failures, caller, standby })))),
    );
    return [failures.join("; "), ...cells];
  });
  const head = CALLERS.flatMap((caller) => [caller, `${caller}, standby`]);
  return `${markdown(["what happens", ...head], rows)}\n`;
}

/** Such as `48 → 0 (1.5 → 0.1 s)`. */
function cellOf(figures: CaseFigures | undefined): string {
  const { before, now } = figures ?? {};
  if (before === undefined || now === undefined) return "";
  const seconds = [before, now].map(({ median }) => median.toFixed(1));
  return `${before.lost} → ${now.lost} (${seconds.join(" → ")} s)`;
}

/** The sum of the seeds, of a row whose name begins so. Throws if there is not one. */
function lostOf({ rows }: OutageFigures, start: string): { lost: number; of: number } {
  const [row, ...more] = rows.filter(({ name }) => name.startsWith(start));
  assert.ok(row !== undefined && more.length === 0, start);
  const { now, logins } = row;
  return { lost: now.reduce((sum, { lost }) => sum + lost, 0), of: logins * now.length };
}

/** The limit of nodes that EC2 answers slowly, in words. */
export function slowEc2(figures: OutageFigures): string {
  const eight = lostOf(figures, "EC2 answers after 900 ms");
  for (const better of ["the same, 20 environments", "the same, 8 environments, 5 nodes/s"])
    assert.equal(lostOf(figures, better).lost, 0);
  return (
    "If EC2 takes 900 ms, 10 such nodes a second occupy 9 environments: " +
    `with eight, users lost ${eight.lost} of ${eight.of} logins; with 20, or with 5 nodes a second, none.`
  );
}

/** What ends the losses while the own Region's STS and another service are silent, in words. */
export function onlyOtherRegions(figures: OutageFigures): string {
  const all = lostOf(figures, "the own Region's STS and EC2 are silent");
  const more = lostOf(figures, "the same, all Regions, 40 environments");
  assert.equal(lostOf(figures, "the same, `STS_REGIONS` has only the other Region").lost, 0);
  return `with EC2 silent too, ${all.lost} of ${all.of} logins became none; 40 environments lost ${more.lost}.`;
}
