// The deployment of a new version: a tenth of the reviews for ten minutes, rolled back on an alarm,
// which is evaluated here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmsOf, dataOf, type Ending } from "../monitoring/cloudwatch.ts";
import { KINDS, stackOf, templateOf } from "../stacks.ts";
import { resource, resources, variablesOf } from "../template.ts";

const MINUTE = 60;
const CANARY = 10 * MINUTE;
const OLD = "7";
const NEW = "8";

test("a new version receives a tenth of the reviews for ten minutes", () => {
  const template = templateOf("http");
  const { DeploymentConfigName } = resource(
    template,
    "AWS::CodeDeploy::DeploymentGroup",
  ).Properties;
  assert.equal(DeploymentConfigName, "CodeDeployDefault.LambdaCanary10Percent10Minutes");
  // Kept for a manual rollback, but not if its deployment is rolled back: the next try would find
  // it.
  assert.equal(resource(template, "AWS::Lambda::Version").DeletionPolicy, "RetainExceptOnCreate");
  const atOnce = stackOf("http", { safeDeployments: false }).template();
  assert.deepEqual(resources(atOnce, "AWS::CodeDeploy::DeploymentGroup"), []);
  assert.equal(resources(atOnce, "AWS::Lambda::Function").length, 1);
});

for (const [what, old, next, isRolledBack] of [
  ["every review is a fault", "granted", "fault", true],
  ["every invocation crashes", "granted", "crash", true],
  ["every invocation times out", "granted", "time-out", true],
  ["STS fails for both versions", "fault", "fault", true],
  [
    "the live version ends every review with a fault, and the new one none",
    "fault",
    "granted",
    false,
  ],
  ["the live version crashes always, and the new one never", "crash", "granted", false],
  ["every review is denied", "granted", "denied", false],
] as const) {
  test(`at 20 reviews per minute, ${what}: ${isRolledBack ? "rolled back" : "not rolled back"}`, () => {
    const requests = Array.from({ length: CANARY / 3 }, (_, at) => ({
      at: 3 * at,
      isNew: at % 10 === 9,
    }));
    const data = requests.flatMap(({ at, isNew }) =>
      dataOf({ at, ending: isNew ? next : old, version: isNew ? NEW : OLD }),
    );
    const minutes = Array.from({ length: 10 }, (_, minute) => (minute + 1) * MINUTE);
    const fires = newVersionAlarms(NEW).some((alarm) =>
      minutes.some((now) => alarm.fires(data, now)),
    );
    assert.equal(fires, isRolledBack);
  });
}

/**
 * The states of alarms by name. Updating an alarm keeps its state, and CodeDeploy does not start
 * while one of them fires.
 */
function account() {
  const firing = new Set<string>();
  return {
    /** Whether the deployment of this version starts. */
    starts: (version: string) =>
      newVersionAlarms(version).every(({ name = "" }) => !firing.has(name)),
    /** Evaluates the alarms of this version: an outage of ten minutes until now. */
    fails(version: string, ending: Ending) {
      const minutes = Array.from({ length: 10 }, (_, minute) => minute * MINUTE + 1);
      const data = minutes.flatMap((at) => dataOf({ at, ending, version }));
      for (const { name = "", fires } of newVersionAlarms(version))
        if (fires(data, CANARY)) firing.add(name);
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
    assert.deepEqual([starts(OLD), starts(NEW)], [false, true]);
  });
}

test("the same deployment starts again after STS has rolled it back", () => {
  const { starts, fails } = account();
  fails(OLD, "fault");
  fails(NEW, "fault");
  // Lambda never uses a version's number again.
  assert.equal(starts("9"), true);
});

test("the deployment group has only the alarms of new versions, also with alarms: false", () => {
  for (const template of [templateOf("http"), stackOf("http", { alarms: false }).template()]) {
    const Alarms = [
      { Name: "<AuthenticatorNewVersionFaults>" },
      { Name: "<AuthenticatorNewVersionErrors>" },
    ];
    const group = resource(template, "AWS::CodeDeploy::DeploymentGroup").Properties;
    assert.deepEqual(group["AlarmConfiguration"], { Enabled: true, Alarms });
    const Events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"];
    assert.deepEqual(group["AutoRollbackConfiguration"], { Enabled: true, Events });
  }
});

test("the check has the accepted regions, and its setting only if it is false", () => {
  for (const [props, name, expected] of [
    [{ stsRegions: ["us-east-1", "eu-west-1"] }, "STS_REGIONS", "us-east-1,eu-west-1"],
    [{}, "COMPARE_STORED_VALUES", undefined],
    [{ compareStoredValues: true }, "COMPARE_STORED_VALUES", undefined],
    [{ compareStoredValues: false }, "COMPARE_STORED_VALUES", "false"],
  ] as const) {
    assert.equal(variablesOf(stackOf("http", props).template(), "DeploymentCheck")[name], expected);
  }
});

/** Logical ids that a resource refers to: by Ref, Fn::GetAtt, Fn::Sub or DependsOn. */
function referred(value: unknown, ids: ReadonlySet<string>): string[] {
  if (typeof value === "string") return [value.split(".")[0] ?? ""].filter((id) => ids.has(id));
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((field) => referred(field, ids));
}

for (const kind of KINDS) {
  test(`${kind}: there is no circular reference, which only a deployment would find`, () => {
    const Resources: Readonly<Record<string, unknown>> = templateOf(kind).toJSON()["Resources"];
    const ids = new Set(Object.keys(Resources));
    const done = new Set<string>();
    const visit = (id: string, path: readonly string[]): void => {
      assert.ok(!path.includes(id), `${[...path, id].join(" -> ")}`);
      if (done.has(id)) return;
      for (const next of new Set(referred(Resources[id], ids)))
        if (next !== id) visit(next, [...path, id]);
      done.add(id);
    };
    for (const id of ids) visit(id, []);
  });
}
