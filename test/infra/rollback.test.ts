// Which new versions are rolled back at 20 reviews per minute: evaluates the alarms over simulated deployments.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { alarmsOf, dataOf, type Ending } from "./cloudwatch.ts";
import { stackOf, templateOf } from "./stacks.ts";
import { resource, resources } from "./template.ts";

const MINUTE = 60;
const CANARY = 10 * MINUTE;
/** Number of simulated deployments of a version. The probabilities are accurate to about one percent. */
const RUNS = 500;
const REVIEWS_A_MINUTE = 20;
/** Share of the new version during CodeDeploy's configuration LambdaCanary10Percent10Minutes. */
const SHARE_OF_NEW = 0.1;
const [OLD, NEW] = ["7", "8"];

/** Reproducible random numbers: https://en.wikipedia.org/wiki/Linear_congruential_generator, constants of Numerical Recipes */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Versions {
  /** Shares of reviews that end badly. */
  readonly old: number;
  readonly next: number;
  readonly ending: Ending;
}

/** Reviews are independent of each other: https://en.wikipedia.org/wiki/Exponential_distribution */
function untilNext(random: () => number): number {
  return (-Math.log(1 - random()) * MINUTE) / REVIEWS_A_MINUTE;
}

const alarms = alarmsOf(templateOf("http"), NEW).filter(({ id }) => id.startsWith("NewVersion"));

const cached = new Map<string, ReturnType<typeof dataOf>>();

/** What a request adds to the metrics by version: no other matters here. */
function byVersion(ending: Ending, version: string): ReturnType<typeof dataOf> {
  const key = `${ending} ${version}`;
  const data =
    cached.get(key) ?? dataOf({ at: 0, ending, version }).filter(({ metric }) => metric.includes("Version="));
  cached.set(key, data);
  return data;
}

/** Metrics arrive one to two minutes late. Alarms are evaluated each minute, over a sliding window. */
function isRolledBack({ old, next, ending }: Versions, random: () => number): boolean {
  const data = [];
  for (let at = 0; at < CANARY; at += untilNext(random)) {
    const isNew = random() < SHARE_OF_NEW;
    const isBad = random() < (isNew ? next : old);
    const seen = at + MINUTE * (1 + random());
    for (const datum of byVersion(isBad ? ending : "granted", isNew ? NEW : OLD)) data.push({ ...datum, at, seen });
  }
  for (let now = random() * MINUTE; now <= CANARY; now += MINUTE) {
    const arrived = data.filter(({ seen }) => seen <= now);
    if (alarms.some(({ fires }) => fires(arrived, now))) return true;
  }
  return false;
}

function odds(versions: Versions): number {
  const random = randomNumbers(1);
  let rolledBack = 0;
  for (let run = 0; run < RUNS; run += 1) if (isRolledBack(versions, random)) rolledBack += 1;
  return rolledBack / RUNS;
}

describe(`${REVIEWS_A_MINUTE} reviews per minute, of which the new version receives a tenth for ten minutes`, () => {
  for (const [what, versions, least, most] of [
    ["every review is a fault", { old: 0, next: 1, ending: "fault" }, 0.995, 1],
    ["every invocation crashes", { old: 0, next: 1, ending: "crash" }, 0.995, 1],
    ["every invocation times out", { old: 0, next: 1, ending: "time-out" }, 0.995, 1],
    ["half of the reviews are faults", { old: 0, next: 0.5, ending: "fault" }, 0.97, 1],
    ["STS fails for both versions", { old: 1, next: 1, ending: "fault" }, 0.995, 1],
    ["5 % of the reviews are faults", { old: 0, next: 0.05, ending: "fault" }, 0.02, 0.1],
    ["1 % of the reviews are faults, as before", { old: 0.01, next: 0.01, ending: "fault" }, 0, 0.005],
    [
      "the live version ends every review with a fault, and the new one none",
      { old: 1, next: 0, ending: "fault" },
      0,
      0,
    ],
    ["the live version crashes always, and the new one never", { old: 1, next: 0, ending: "crash" }, 0, 0],
    ["every review is denied", { old: 0, next: 1, ending: "denied" }, 0, 0],
  ] as readonly [string, Versions, number, number][]) {
    test(`${what}: rolled back in ${100 * least} to ${100 * most} % of deployments`, (t) => {
      const share = odds(versions);
      t.diagnostic(`${(100 * share).toFixed(1)} %`);
      assert.ok(share >= least && share <= most, String(share));
    });
  }
});

/** The states of alarms by name. Updating an alarm keeps its state, and CodeDeploy does not start while one of them fires. */
function account() {
  const firing = new Set<string>();
  return {
    /** Whether the deployment of this version starts. `rename` is applied to the names of its alarms. */
    starts: (version: string, rename = (name: string) => name): boolean =>
      newVersionAlarms(version).every(({ name = "" }) => !firing.has(rename(name))),
    /** Evaluates the alarms of this version: an outage of ten minutes until now. */
    fails(version: string, ending: Ending, rename = (name: string) => name): void {
      const data = Array.from({ length: 10 }, (_, minute) =>
        dataOf({ at: minute * MINUTE + 1, ending, version }),
      ).flat();
      for (const { name = "", fires } of newVersionAlarms(version)) if (fires(data, CANARY)) firing.add(rename(name));
    },
  };
}

function newVersionAlarms(version: string) {
  return alarmsOf(templateOf("http"), version).filter(({ id }) => id.startsWith("NewVersion"));
}

for (const ending of ["fault", "crash", "time-out"] as const) {
  test(`${ending}: the alarms of a broken live version do not stop the deployment of its fix`, () => {
    const { starts, fails } = account();
    fails(OLD, ending);
    assert.equal(starts(OLD), false);
    assert.equal(starts(NEW), true);
    // With names that stay the same, CodeDeploy would not start.
    const same = account();
    const rename = (name: string) => name.replace(/-\d+$/, "");
    same.fails(OLD, ending, rename);
    assert.equal(same.starts(NEW, rename), false);
  });
}

test("after an outage of STS has rolled a version back, the same deployment starts again as another version", () => {
  const { starts, fails } = account();
  fails(OLD, "fault");
  fails(NEW, "fault");
  // Lambda never uses a version's number again.
  assert.equal(starts("9"), true);
  assert.equal(resources(templateOf("http"), "AWS::Lambda::Version")[0]?.DeletionPolicy, "RetainExceptOnCreate");
});

test("the deployment group has only the alarms of new versions, also with alarms: false", () => {
  for (const template of [templateOf("http"), stackOf("http", { alarms: false }).template()]) {
    const { AlarmConfiguration, AutoRollbackConfiguration } = resource(
      template,
      "AWS::CodeDeploy::DeploymentGroup",
    ).Properties;
    assert.deepEqual(AlarmConfiguration, {
      Enabled: true,
      Alarms: [{ Name: "<AuthenticatorNewVersionFaults>" }, { Name: "<AuthenticatorNewVersionErrors>" }],
    });
    assert.deepEqual(AutoRollbackConfiguration, {
      Enabled: true,
      Events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"],
    });
  }
});
