// Each review prints one line with its metrics, which follow the embedded metric format at every LOG_LEVEL.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import assert from "node:assert/strict";
import { test } from "node:test";
import { OUTCOMES } from "../../../../functions/authenticator/review/record.ts";
import { fault, httpError } from "../../../../functions/errors.ts";
import { HOME, MAPPED, NOW, type ReviewOptions, reviewOnce, tokenOf } from "../fixtures.ts";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const LIVE = { functionVersion: "7", invokedFunctionArn: `${ARN}:live` };

type Emf = Record<string, unknown> & {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly { readonly Dimensions: string[][]; readonly Metrics: { Name: string }[] }[];
  };
};

/** Checks a line against the specification, and returns its metrics: name, dimensions with their values, value. */
function metricsOf(entry: Emf): Record<string, unknown> {
  const { Timestamp, CloudWatchMetrics } = entry._aws;
  assert.equal(Timestamp, NOW);
  const found = CloudWatchMetrics.map(({ Dimensions, Metrics }, index) => {
    const [[keys = []] = [], [{ Name = "" } = {}]] = [Dimensions, Metrics];
    const one = { Namespace: "LambdaIamAuthenticator", Dimensions: [keys], Metrics: [{ Name, Unit: "Count" }] };
    assert.deepEqual(CloudWatchMetrics[index], one);
    const values = keys.map((key) => {
      const value = entry[key];
      assert.ok(typeof value === "string" && value !== "" && value.length <= 1024, key);
      return `${key}=${value}`;
    });
    assert.ok(Number.isInteger(entry[Name]) && Number(entry[Name]) > 0, Name);
    return [`${Name} ${values.join(" ")}`, entry[Name]] as const;
  });
  assert.equal(new Set(found.map(([name]) => name)).size, found.length);
  return Object.fromEntries(found);
}

interface Case extends ReviewOptions {
  readonly token?: string;
  /** Default: `warn`. */
  readonly level?: "info" | "error";
}

async function lineOf({ token = tokenOf("bob"), level: _, ...options }: Case): Promise<Emf> {
  return (await reviewOnce(token, { context: LIVE, ...options })).line;
}

const STS_DOWN = { askSts: () => Promise.reject(fault("sts_unreachable", "gone")) };

const CASES: Readonly<Record<(typeof OUTCOMES)[number], Case>> = {
  granted: { level: "info" },
  denied: { token: tokenOf("alice") },
  not_ours: { level: "info", token: "other" },
  throttled: { level: "error", changes: { askSts: () => Promise.reject(httpError("sts_throttled", "slow")) } },
  fault: { level: "error", changes: STS_DOWN },
  bad_request: { token: "" },
  caller_refused: { settings: { callerAuth: "mtls" } },
};

const CLUSTER = "ClusterId=test";
const REFUSED = { [`Refused ${CLUSTER}`]: 1 };
const FURTHER: Partial<Record<(typeof OUTCOMES)[number], object>> = {
  denied: REFUSED,
  caller_refused: REFUSED,
  throttled: { ...REFUSED, [`StsThrottled ${CLUSTER}`]: 1 },
  fault: { [`Faults ${CLUSTER} FunctionVersion=7`]: 1 },
};

for (const outcome of OUTCOMES) {
  test(`${outcome}: the line has the review and its level, and only the metrics that are not zero`, async () => {
    const line = await lineOf(CASES[outcome]);
    assert.deepEqual([line["outcome"], line["level"]], [outcome, CASES[outcome].level ?? "warn"]);
    assert.deepEqual(metricsOf(line), { [`Reviews ${CLUSTER} Outcome=${outcome}`]: 1, ...FURTHER[outcome] });
  });
}

test("below LOG_LEVEL, the line has only the members of the metrics", async () => {
  const { _aws, ...line } = await lineOf({ settings: { logLevel: "warn" } });
  assert.deepEqual(Object.keys(line), ["ClusterId", "Outcome", "Reviews"]);
});

test("invalid mappings are counted", async () => {
  const stored = { ...MAPPED, [`account/${HOME}`]: "no JSON", [`pattern/${HOME}`]: "no JSON" };
  assert.equal(metricsOf(await lineOf({ stored }))[`InvalidMappings ${CLUSTER}`], 2);
});

for (const [invoked, context] of [
  ["by its number, as the deployment check does", { ...LIVE, invokedFunctionArn: `${ARN}:7` }],
  ["without a qualifier", { functionVersion: "$LATEST", invokedFunctionArn: ARN }],
  ["as $LATEST by an alias", { ...LIVE, functionVersion: "$LATEST" }],
  ["without an ARN", { functionVersion: "7" }],
  ["without a context", []],
] as const) {
  test(`a fault of a version that is invoked ${invoked} is not one of the live version`, async () => {
    const metrics = metricsOf(await lineOf({ changes: STS_DOWN, context }));
    assert.deepEqual(metrics, { [`Reviews ${CLUSTER} Outcome=fault`]: 1 });
  });
}
