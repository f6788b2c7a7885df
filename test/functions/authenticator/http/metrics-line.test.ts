// The metrics of a review follow the embedded metric format, and are printed at every LOG_LEVEL.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependencies } from "../../../../functions/authenticator/handler.ts";
import { metricsLine } from "../../../../functions/authenticator/http/metrics-line.ts";
import type { Outcome } from "../../../../functions/authenticator/review/record.ts";
import type { Settings } from "../../../../functions/authenticator/settings.ts";
import { StsThrottled, StsUnreachable } from "../../../../functions/errors.ts";
import { LOG_LEVELS } from "../../../../functions/settings/common.ts";
import { fakeServices, gatewayEvent, HOME, handlerOf, NOW, reviewBody, type Stored, tokenOf } from "../fixtures.ts";

const MAPPED: Stored = {
  [`role/${HOME}/developers`]: { arn: `arn:aws:iam::${HOME}:role/Developers`, username: "dev" },
  [`account/${HOME}`]: "no JSON",
};
const UNITS = ["Count", "Milliseconds"];
const NAMES = [
  "Reviews",
  "Latency",
  "StsLatency",
  "SsmLatency",
  "StsThrottled",
  "InvalidMappings",
  "StaleReads",
  "ColdStart",
];

interface Emf {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [target: string]: unknown;
}

/** The rules of the specification that readers of such a line rely on. */
function checkEmf(entry: Emf): void {
  const { Timestamp, CloudWatchMetrics } = entry._aws;
  assert.ok(Number.isInteger(Timestamp) && Timestamp > 0);
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    assert.equal(Namespace, "LambdaIamAuthenticator");
    assert.ok(Metrics.length > 0 && Metrics.length <= 100);
    assert.ok(Dimensions.length > 0);
    for (const keys of Dimensions) {
      assert.ok(keys.length <= 30 && new Set(keys).size === keys.length);
      for (const key of keys) {
        const value = entry[key];
        assert.ok(typeof value === "string" && value !== "" && value.length <= 1024, key);
      }
    }
    for (const { Name, Unit } of Metrics) {
      assert.ok(UNITS.includes(Unit) && NAMES.includes(Name), Name);
      const values = [entry[Name]].flat();
      assert.ok(values.length > 0 && values.length <= 100, Name);
      assert.ok(
        values.every((value) => typeof value === "number" && Number.isFinite(value)),
        Name,
      );
    }
  }
  const all = CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  assert.equal(new Set(all).size, all.length);
}

async function measured(token: string, settings: Partial<Settings> = {}, changes: Partial<Dependencies> = {}) {
  const around = fakeServices(MAPPED, changes);
  await handlerOf(around, settings)(gatewayEvent(reviewBody(token)));
  const entry = JSON.parse(around.lines.at(-1) ?? "") as Emf;
  checkEmf(entry);
  return { entry, around };
}

function failing(error: Error): Partial<Dependencies> {
  return { askSts: () => Promise.reject(error) };
}

test("each outcome counts as one review, by cluster and by outcome", async () => {
  const cases: [string, string, Partial<Settings>, Partial<Dependencies>][] = [
    ["granted", tokenOf("bob"), {}, {}],
    ["not_ours", "other", {}, {}],
    ["denied", tokenOf("alice"), {}, {}],
    ["throttled", tokenOf("bob"), {}, failing(new StsThrottled("slow"))],
    ["fault", tokenOf("bob"), {}, failing(new StsUnreachable("gone"))],
    ["bad_request", "", {}, {}],
    ["caller_refused", "x", { callerAuth: "mtls" }, {}],
  ];
  for (const [outcome, token, settings, changes] of cases) {
    const { entry } = await measured(token, settings, changes);
    assert.deepEqual([entry["Reviews"], entry["ClusterId"], entry["Outcome"]], [1, "test", outcome]);
    assert.equal(entry["StsThrottled"], outcome === "throttled" ? 1 : 0);
    assert.equal(entry._aws.Timestamp, NOW);
    const [reviews, others] = entry._aws.CloudWatchMetrics;
    assert.deepEqual(reviews?.Dimensions, [["ClusterId"], ["ClusterId", "Outcome"]]);
    assert.deepEqual(reviews?.Metrics, [{ Name: "Reviews", Unit: "Count" }]);
    assert.deepEqual(others?.Dimensions, [["ClusterId"]]);
  }
});

test("metrics are printed at every LOG_LEVEL, and the log line only from its level", async () => {
  for (const logLevel of LOG_LEVELS) {
    for (const [token, level, changes] of [
      [tokenOf("bob"), "info", {}],
      ["k8s-aws-v1.x", "warn", {}],
      [tokenOf("bob"), "error", failing(new StsUnreachable("gone"))],
    ] as const) {
      const { around } = await measured(token, { logLevel }, changes);
      const isLogged = LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(logLevel);
      assert.equal(around.lines.length, isLogged ? 2 : 1, `${level} at ${logLevel}`);
    }
  }
});

test("invalid mappings and cold starts are counted", async () => {
  const around = fakeServices(MAPPED);
  const handler = handlerOf(around);
  for (let i = 0; i < 2; i += 1) await handler(gatewayEvent(reviewBody(tokenOf("bob"))));
  const entries = around.lines.filter((line) => line.includes("_aws")).map((line) => JSON.parse(line) as Emf);
  assert.deepEqual(
    entries.map((entry) => [entry["ColdStart"], entry["InvalidMappings"]]),
    [
      [1, 1],
      [0, 1],
    ],
  );
});

test("the latency of a service exists if it was called, and not if a cache answered", () => {
  const record = { startedAt: NOW - 9, requestId: "r", coldStart: false, invalidMappings: 0, staleReads: 0 };
  const ms = { caller: 1, token: 0, identity: 2, mapping: 3, user: 0 };
  const entryOf = (cached: Record<string, boolean>) => {
    const entry = JSON.parse(metricsLine({ ...record, ms, cached }, "granted", undefined, "c", NOW)) as Emf;
    checkEmf(entry);
    return [entry["Latency"], entry["StsLatency"], entry["SsmLatency"]];
  };
  assert.deepEqual(entryOf({}), [9, undefined, undefined]);
  assert.deepEqual(entryOf({ caller: true, identity: true, mapping: true }), [9, undefined, undefined]);
  assert.deepEqual(entryOf({ caller: true, identity: false, mapping: false }), [9, 2, 3]);
  assert.deepEqual(entryOf({ caller: false, identity: true, mapping: false }), [9, undefined, [1, 3]]);
});

test("reviews through an alias are also counted by version, for the outcomes that a deployment compares", () => {
  const record = {
    startedAt: NOW,
    requestId: "r",
    coldStart: false,
    invalidMappings: 0,
    staleReads: 0,
    ms: {},
    cached: {},
  };
  const by = (outcome: Outcome, version?: string) => {
    const entry = JSON.parse(metricsLine(record, outcome, undefined, "c", NOW, version)) as Emf;
    checkEmf(entry);
    return [entry["FunctionVersion"], entry._aws.CloudWatchMetrics[0]?.Dimensions.length];
  };
  for (const outcome of ["granted", "denied", "fault"] as const) assert.deepEqual(by(outcome, "7"), ["7", 3], outcome);
  for (const outcome of ["not_ours", "throttled", "bad_request", "caller_refused"] as const)
    assert.deepEqual(by(outcome, "7"), [undefined, 2], outcome);
  assert.deepEqual(by("granted"), [undefined, 2]);
});

test("the handler reads the version from Lambda's context", async () => {
  const around = fakeServices(MAPPED);
  const arn = "arn:aws:lambda:eu-west-1:111122223333:function:f";
  for (const invokedFunctionArn of [`${arn}:live`, `${arn}:7`]) {
    await handlerOf(around)(gatewayEvent(reviewBody(tokenOf("bob"))), { functionVersion: "7", invokedFunctionArn });
  }
  const entries = around.lines.filter((line) => line.includes("_aws")).map((line) => JSON.parse(line) as Emf);
  assert.deepEqual(
    entries.map((entry) => entry["FunctionVersion"]),
    ["7", undefined],
  );
});

test("values that a caller chooses are never a dimension", async () => {
  const { entry } = await measured("k8s-aws-v1.chosen", {}, {});
  const keys = new Set(entry._aws.CloudWatchMetrics.flatMap(({ Dimensions }) => Dimensions.flat()));
  assert.deepEqual([...keys], ["ClusterId", "Outcome"]);
  assert.doesNotMatch(JSON.stringify(entry), /chosen/);
});
