// Each review prints one line with exactly the documented fields and no secret, by level. Its
// metrics follow the embedded metric format at every LOG_LEVEL.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { OUTCOMES } from "../../../../functions/authenticator/review/record.ts";
import { fault, httpError } from "../../../../functions/errors.ts";
import type { LogLevel } from "../../../../functions/settings/common.ts";
import { printRequest } from "../../../../functions/telemetry/log-line.ts";
import { METRICS } from "../../../../functions/telemetry/metrics.ts";
import { localIdentity } from "../../../local-aws.ts";
import { reviewer } from "../attacks/review.ts";
import { HOME, MAPPED, NOW, PREFIX, type ReviewOptions, reviewOnce, tokenOf } from "../fixtures.ts";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:f";
const LIVE = { functionVersion: "7", invokedFunctionArn: `${ARN}:live` };

type Emf = Record<string, unknown> & {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Dimensions: string[][];
      readonly Metrics: { Name: string }[];
    }[];
  };
};

/**
 * Checks a line against the specification, and returns its metrics: name, dimensions with their
 * values, value.
 */
function metricsOf(entry: Emf): Record<string, unknown> {
  const { Timestamp, CloudWatchMetrics } = entry._aws;
  assert.equal(Timestamp, NOW);
  const found = CloudWatchMetrics.map(({ Dimensions, Metrics }, index) => {
    const [[keys = []] = [], [{ Name = "" } = {}]] = [Dimensions, Metrics];
    const measurement = {
      Namespace: "LambdaIamAuthenticator",
      Dimensions: [keys],
      Metrics: [{ Name, Unit: "Count" }],
    };
    assert.deepEqual(CloudWatchMetrics[index], measurement);
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
  throttled: {
    level: "error",
    changes: { askSts: () => Promise.reject(httpError("sts_throttled", "slow")) },
  },
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
    assert.deepEqual(metricsOf(line), {
      [`Reviews ${CLUSTER} Outcome=${outcome}`]: 1,
      ...FURTHER[outcome],
    });
  });
}

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

const GRANT = {
  timestamp: new Date(NOW).toISOString(),
  level: "info",
  outcome: "granted",
  arn: `arn:aws:sts::${HOME}:assumed-role/Developers/bob@example.com`,
  canonicalArn: `arn:aws:iam::${HOME}:role/Developers`,
  accountId: HOME,
  principalId: "AROALOCALDEVELOPERSAA",
  sessionName: "bob@example.com",
  accessKeyId: localIdentity("bob").accessKeyId,
  username: "dev",
  groups: ["g"],
  parameter: `${PREFIX}/role/${HOME}/developers`,
  tokenHash: hash("sha256", tokenOf("bob")).slice(0, 12),
  ms: { caller: 0, token: 0, identity: 0, mapping: 0, user: 0, total: 0 },
  cached: { identity: false, mapping: false },
  coldStart: true,
  requestId: "gateway-1",
  stsRequestId: "sts-1",
};

async function logged(token: string, options?: ReviewOptions) {
  const { text, line } = await reviewOnce(token, options);
  const metrics = ["_aws", ...Object.keys(METRICS), ...Object.values(METRICS).flat()];
  const fields = Object.entries(line).filter(([name]) => !metrics.includes(name));
  const entry: Record<string, unknown> = Object.fromEntries(fields);
  return { text, entry };
}

test("a grant logs exactly the documented fields, without a reason", async () => {
  const { entry } = await logged(tokenOf("bob"));
  assert.deepEqual([entry, Object.keys(entry)], [GRANT, Object.keys(GRANT)]);
});

const refused = Object.assign(new Error("secret"), { code: "ECONNREFUSED" });
const unreachable = fault("sts_unreachable", "no answer", { cause: refused });
for (const [what, thrown, reason, cause, fields] of [
  [
    "an unexpected error logs its stack",
    new TypeError("secret"),
    "internal_fault",
    "TypeError",
    ["cause", "stack"],
  ],
  [
    "a failure of a service logs its kind",
    unreachable,
    "sts_unreachable",
    "ECONNREFUSED",
    ["cause"],
  ],
  [
    "a thrown value that is not an Error has no stack",
    "secret",
    "internal_fault",
    "unknown failure",
    ["cause"],
  ],
] as const) {
  test(`${what}, no text of others and no further field`, async () => {
    const { entry, text } = await logged(tokenOf("bob"), {
      changes: { askSts: () => Promise.reject(thrown) },
    });
    assert.deepEqual([entry["reason"], entry["cause"]], [reason, cause]);
    const others = Object.keys(entry).filter(
      (field) => !(field in { ...GRANT, reason, message: "" }),
    );
    assert.deepEqual(others, fields);
    assert.doesNotMatch(text, /secret/);
  });
}

test("a second review of a token calls no service and is marked as cached", async () => {
  const { outcome, lines, calls } = reviewer(MAPPED);
  for (const _ of [1, 2]) await outcome();
  const cached = { identity: true, mapping: true };
  assert.partialDeepStrictEqual(JSON.parse(lines[1] ?? ""), { cached, coldStart: false });
  assert.deepEqual([calls.sts.length, calls.ssm.length], [1, 1]);
});

for (const [what, level, logLevel, metrics, expected] of [
  [
    "the log entry and the metrics are one line",
    "warn",
    "info",
    { _aws: {} },
    ['{"level":"warn","_aws":{}}'],
  ],
  [
    "an entry of LOG_LEVEL itself is printed",
    "error",
    "error",
    { _aws: {} },
    ['{"level":"error","_aws":{}}'],
  ],
  [
    "below LOG_LEVEL the entry is omitted, and the metrics never are",
    "info",
    "warn",
    { _aws: {} },
    ['{"_aws":{}}'],
  ],
  ["below LOG_LEVEL error, a warning is omitted", "warn", "error", { _aws: {} }, ['{"_aws":{}}']],
  ["a request without metrics prints its entry", "info", "info", {}, ['{"level":"info"}']],
  ["a request without metrics prints nothing below LOG_LEVEL", "info", "warn", {}, []],
] as const) {
  test(what, () => {
    const lines: string[] = [];
    printRequest({ level }, { ...metrics }, logLevel, (line) => lines.push(line));
    assert.deepEqual(lines, expected);
  });
}

test("text with line ends, quotes or lone surrogates adds neither a line nor a field", () => {
  const hostile = '\r\n\u2028\u2029\u0085\u001b[2J\ud800"},{"outcome":"granted","_aws":{}}';
  const calls: string[] = [];
  printRequest({ level: "warn", username: hostile } as { level: LogLevel }, {}, "info", (line) =>
    calls.push(line),
  );
  const [line = "", ...others] = calls.join("").split(/[\r\n]/);
  assert.deepEqual([JSON.parse(line), others], [{ level: "warn", username: hostile }, []]);
});
