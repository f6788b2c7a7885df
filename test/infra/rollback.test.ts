// Which new versions are rolled back at 20 reviews per minute: evaluates the alarms' expressions over simulated reviews.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { templateOf } from "./stacks.ts";
import { resources } from "./template.ts";

const SECONDS = { minute: 60, canary: 600 };
/** Number of simulated deployments of a version. The probabilities are accurate to about one percent. */
const RUNS = 2_000;
const REVIEWS_A_MINUTE = 20;
/** Share of the new version during CodeDeploy's configuration LambdaCanary10Percent10Minutes. */
const SHARE_OF_NEW = 0.1;

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Period: number };
}

/** Evaluates the window's metrics. The alarm fires at 1. */
type Expression = (bad: number, allBad: number, runs: number, allRuns: number) => number;

function alarm(name: string): { readonly expression: Expression; readonly period: number } {
  const found = Object.entries(templateOf("http").findResources("AWS::CloudWatch::Alarm")).find(([id]) =>
    id.includes(name),
  );
  const queries = (found?.[1]["Properties"].Metrics ?? assert.fail(`no alarm ${name}`)) as Query[];
  const { Expression: text = "" } = queries.find(({ Expression }) => Expression !== undefined) ?? {};
  const [period = 0, ...others] = new Set(queries.flatMap(({ MetricStat }) => MetricStat?.Period ?? []));
  assert.deepEqual(others, []);
  // CloudWatch's functions and operators in the alarms:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
  const body = text.replaceAll(" AND ", " && ").replace(/^IF\((.*), 1, 0\)$/, "return ($1) ? 1 : 0;");
  assert.match(body, /^return /);
  return { expression: new Function("bad", "allBad", "runs", "allRuns", body) as Expression, period };
}

/** Reproducible random numbers: https://en.wikipedia.org/wiki/Linear_congruential_generator, constants of Numerical Recipes */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Versions {
  /** Shares of bad reviews. */
  readonly old: number;
  readonly next: number;
}

/** Reviews are independent of each other: https://en.wikipedia.org/wiki/Exponential_distribution */
function untilNext(random: () => number): number {
  return (-Math.log(1 - random()) * SECONDS.minute) / REVIEWS_A_MINUTE;
}

/** Metrics arrive one to two minutes late. Alarms are evaluated each minute, over a sliding window. */
function isTakenBack({ old, next }: Versions, { expression, period }: ReturnType<typeof alarm>, random: () => number) {
  const reviews: { at: number; isNew: boolean; isBad: boolean; seen: number }[] = [];
  for (let at = -period; at < SECONDS.canary; at += untilNext(random)) {
    const isNew = at >= 0 && random() < SHARE_OF_NEW;
    reviews.push({ at, isNew, isBad: random() < (isNew ? next : old), seen: at + SECONDS.minute * (1 + random()) });
  }
  for (let now = random() * SECONDS.minute; now <= SECONDS.canary; now += SECONDS.minute) {
    const seen = reviews.filter((review) => review.at > now - period && review.seen <= now);
    const count = (is: (review: (typeof seen)[number]) => boolean) => seen.filter(is).length;
    const bad = count(({ isNew, isBad }) => isNew && isBad);
    const fires = expression(
      bad,
      count(({ isBad }) => isBad),
      count(({ isNew }) => isNew),
      seen.length,
    );
    if (fires === 1) return true;
  }
  return false;
}

function odds(name: string, versions: Versions): number {
  const random = randomNumbers(1);
  const rules = alarm(name);
  let takenBack = 0;
  for (let run = 0; run < RUNS; run += 1) if (isTakenBack(versions, rules, random)) takenBack += 1;
  return takenBack / RUNS;
}

describe(`${REVIEWS_A_MINUTE} reviews per minute, of which the new version receives a tenth for ten minutes`, () => {
  for (const [what, name, versions, least, most] of [
    ["every review is a fault", "NewVersionFaults", { old: 0, next: 1 }, 0.999, 1],
    ["every review is a fault, and one in ten was before", "NewVersionFaults", { old: 0.1, next: 1 }, 0.99, 1],
    ["every invocation fails", "NewVersionErrors", { old: 0, next: 1 }, 0.999, 1],
    ["every review is denied", "NewVersionDenials", { old: 0, next: 1 }, 0.999, 1],
    ["every review is denied, and 40 % were before", "NewVersionDenials", { old: 0.4, next: 1 }, 0.995, 1],
    ["half of the reviews are faults", "NewVersionFaults", { old: 0, next: 0.5 }, 0.95, 1],
    ["5 % of the reviews are faults", "NewVersionFaults", { old: 0, next: 0.05 }, 0.02, 0.1],
    ["5 % of the reviews are denied", "NewVersionDenials", { old: 0, next: 0.05 }, 0, 0.01],
    ["as many faults as before, 1 %", "NewVersionFaults", { old: 0.01, next: 0.01 }, 0, 0.005],
    ["as many denials as before, 20 %", "NewVersionDenials", { old: 0.2, next: 0.2 }, 0, 0.02],
    ["as many denials as before, half of all", "NewVersionDenials", { old: 0.5, next: 0.5 }, 0, 0.04],
  ] as const) {
    test(`${what}: rolled back in ${100 * least} to ${100 * most} % of deployments`, (t) => {
      const share = odds(name, versions);
      t.diagnostic(`${(100 * share).toFixed(1)} %`);
      assert.ok(share >= least && share <= most, String(share));
    });
  }
});

test("ten reviews of the new version are enough", () => {
  for (const name of ["NewVersionFaults", "NewVersionErrors", "NewVersionDenials"]) {
    assert.equal(alarm(name).expression(10, 10, 10, 100), 1, name);
    assert.equal(alarm(name).expression(0, 0, 10, 100), 0, name);
  }
});

test("outside of a deployment no alarm fires, so that the next deployment is not stopped", () => {
  for (const name of ["NewVersionFaults", "NewVersionErrors", "NewVersionDenials"]) {
    const { expression } = alarm(name);
    assert.equal(expression(100, 100, 100, 100), 0, `${name}: the new version alone`);
    assert.equal(expression(0, 100, 0, 100), 0, `${name}: the old version alone`);
    assert.equal(expression(0, 0, 0, 0), 0, `${name}: no review`);
  }
});

test("each of these alarms compares the version that the alias moves to, over the entire canary", () => {
  const found = resources(templateOf("http"), "AWS::CloudWatch::Alarm").filter(({ Properties }) =>
    JSON.stringify(Properties).includes("Version"),
  );
  assert.equal(found.length, 3);
  for (const { Properties } of found) {
    const text = JSON.stringify(Properties);
    assert.match(
      text,
      /"Name":"(FunctionVersion|ExecutedVersion)","Value":"<AuthenticatorFunctionCurrentVersion\.Version>"/,
    );
    assert.match(text, /"Name":"Resource","Value":"<AuthenticatorFunction>:live"/);
    assert.equal(Properties["AlarmActions"], undefined);
    const periods = (Properties["Metrics"] as Query[]).flatMap(({ MetricStat }) => MetricStat?.Period ?? []);
    assert.deepEqual([...new Set(periods)], [SECONDS.canary]);
  }
});
