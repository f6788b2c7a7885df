// Monitoring and outputs of an authenticator, and that none of them contains a secret.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App, Lazy } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { logEntry } from "../../functions/authenticator/http/log-entry.ts";
import { newRecord, OUTCOMES } from "../../functions/authenticator/review/record.ts";
import type { PrivateEndpoint } from "../../infra/endpoint/endpoint.ts";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import { ACCOUNT, endpointOf, KINDS, REGION, SCOPES, stackOf, templateOf } from "./stacks.ts";
import { flat, output, resource, resources } from "./template.ts";

/** The alarms that notify. rollback.test.ts tests the others. */
function alarms(template = templateOf("http")) {
  return resources(template, "AWS::CloudWatch::Alarm")
    .map(({ Properties }) => Properties)
    .filter((alarm) => !JSON.stringify(alarm).includes("ExecutedVersion"));
}

test("alarms: metric, threshold and treatment of missing data of each", () => {
  const rows = alarms().map((alarm) => [
    alarm["Namespace"],
    alarm["MetricName"],
    alarm["ExtendedStatistic"] ?? alarm["Statistic"],
    alarm["ComparisonOperator"] === "LessThanThreshold" ? "<" : ">=",
    alarm["Threshold"],
    alarm["TreatMissingData"],
  ]);
  assert.deepEqual(rows, [
    ["LambdaIamAuthenticator", "Reviews", "Sum", ">=", 5, "notBreaching"],
    ["AWS/Lambda", "Errors", "Sum", ">=", 1, "notBreaching"],
    ["LambdaIamAuthenticator", "Latency", "p99", ">=", 3000, "notBreaching"],
    ["AWS/ApiGateway", "5xx", "Sum", ">=", 5, "notBreaching"],
    [undefined, undefined, undefined, ">=", 0.5, "notBreaching"],
    ["LambdaIamAuthenticator", "StsThrottled", "Sum", ">=", 5, "notBreaching"],
    ["AWS/Lambda", "Throttles", "Sum", ">=", 1, "notBreaching"],
    ["LambdaIamAuthenticator", "Reviews", "Sum", ">=", 5, "notBreaching"],
    ["LambdaIamAuthenticator", "InvalidMappings", "Sum", ">=", 1, "notBreaching"],
    [undefined, undefined, undefined, "<", 1, "breaching"],
  ]);
  assert.deepEqual(
    alarms()
      .filter((alarm) => alarm["MetricName"] === "Reviews")
      .map((alarm) => (alarm["Dimensions"] as { Value: string }[]).map(({ Value }) => Value)),
    [
      ["prod.example", "fault"],
      ["prod.example", "caller_refused"],
    ],
  );
});

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Metric: { readonly Dimensions: { readonly Value: string }[] };
    readonly Period: number;
  };
}

/** The expression of an alarm, and the outcome and period of each metric. */
function computed(template: Template, description: RegExp) {
  const found = alarms(template).find((alarm) => description.test(String(alarm["AlarmDescription"])));
  const queries = found?.["Metrics"] as MetricQuery[];
  const expression = queries.find(({ Expression }) => Expression !== undefined)?.Expression;
  const metrics = queries.flatMap(({ Id, MetricStat }) =>
    MetricStat === undefined ? [] : [[Id, MetricStat.Metric.Dimensions.at(-1)?.Value, MetricStat.Period]],
  );
  return { found, expression, metrics };
}

test("NoReviews counts only reviews of accepted callers: requests of others must not hide that kube-apiserver is silent", () => {
  const { expression, metrics, found } = computed(templateOf("http"), /^No accepted caller has asked for 24 h/);
  const counted = ["granted", "denied", "not_ours", "throttled"];
  assert.equal(expression, counted.map((outcome) => `FILL(${outcome}, 0)`).join(" + "));
  assert.deepEqual(
    metrics,
    counted.map((outcome) => [outcome, outcome, 3600]),
  );
  assert.deepEqual([found?.["EvaluationPeriods"], found?.["DatapointsToAlarm"]], [24, 24]);
});

test("Denials compares their share of the answers, from five in five minutes", () => {
  const { expression, metrics, found } = computed(templateOf("http"), /^More denials than usual/);
  assert.equal(expression, "IF(FILL(denied, 0) >= 5, FILL(denied, 0) / (FILL(denied, 0) + FILL(granted, 0)), 0)");
  assert.deepEqual(metrics, [
    ["denied", "denied", 300],
    ["granted", "granted", 300],
  ]);
  assert.deepEqual([found?.["Threshold"], found?.["DatapointsToAlarm"], found?.["EvaluationPeriods"]], [0.5, 2, 3]);
  const chosen = computed(stackOf("http", { denialShare: 0.9 }).template(), /^More denials than usual/);
  assert.equal(chosen.found?.["Threshold"], 0.9);
});

test("alarms notify the topic of their start and end, and without a topic they notify none", () => {
  const topic = "arn:aws:sns:eu-west-1:111122223333:on-call";
  const made = stackOf("http", (scope) => ({ alarmTopic: Topic.fromTopicArn(scope, "Topic", topic) }));
  const told = alarms(made.template());
  assert.equal(told.length, 10);
  for (const alarm of told) assert.deepEqual([alarm["AlarmActions"], alarm["OKActions"]], [[topic], [topic]]);
  for (const alarm of alarms()) assert.equal(alarm["AlarmActions"], undefined);
});

test("the dashboard: alarms, outcomes, latency by stage, throttling, concurrency, what costs", () => {
  const body = String(resource(templateOf("http"), "AWS::CloudWatch::Dashboard").Properties["DashboardBody"]);
  const { widgets } = JSON.parse(body) as {
    widgets: { properties: { title?: string; metrics?: unknown[][]; alarms?: string[]; query?: string } }[];
  };
  const graphs = widgets.map(({ properties: { title, metrics, alarms } }) => [title, (metrics ?? alarms)?.length]);
  assert.deepEqual(graphs, [
    ["Alarm Status", 10],
    ["Latest denials and faults", undefined],
    ["Reviews by outcome", 7],
    ["Latency of a review (ms)", 3],
    ["Latency of STS (ms)", 3],
    ["Latency of Parameter Store (ms)", 3],
    ["Latency of the gateway (ms)", 3],
    ["STS throttling, invalid mappings", 2],
    ["The gateway's requests, 4xx, 5xx", 3],
    ["Concurrency; cold starts", 2],
    ["Errors and throttles of the function", 2],
    ["What costs: invocations; their time (ms)", 2],
    ["What costs: bytes logged", 1],
  ]);
});

test("the dashboard lists the latest denials and faults of this log, for every kind of endpoint", () => {
  for (const kind of KINDS) {
    const { DashboardBody } = resource(templateOf(kind), "AWS::CloudWatch::Dashboard").Properties;
    const { widgets } = JSON.parse(String(DashboardBody)) as {
      widgets: { type: string; properties: { query?: string } }[];
    };
    const [table, ...others] = widgets.filter(({ type }) => type === "log");
    assert.equal(others.length, 0);
    assert.equal(
      table?.properties.query,
      `SOURCE '<${SCOPES[kind]}Log>' | fields @timestamp, outcome, reason, arn, username, parameter, message\n` +
        '| filter outcome in ["denied", "fault", "throttled", "caller_refused"]\n| sort @timestamp desc\n| limit 50',
    );
  }
});

test("saved queries: each searches only this log, and uses only fields of the log line or of Insights", () => {
  const queries = resources(templateOf("http"), "AWS::Logs::QueryDefinition").map(({ Properties }) => Properties);
  assert.deepEqual(
    queries.map(({ Name }) => Name),
    [
      "iam-authenticator/prod.example/http/Latest denials and faults",
      "iam-authenticator/prod.example/http/Who logged in",
      "iam-authenticator/prod.example/http/Refusals by identity and reason",
      "iam-authenticator/prod.example/http/Reviews by hour and outcome",
      "iam-authenticator/prod.example/http/Slowest reviews",
    ],
  );
  const line = logEntry({ ...newRecord(0), ms: { caller: 0, identity: 0, mapping: 0 } }, "granted", undefined, 0);
  const fields = [...Object.keys(line), ...Object.keys(line.ms).map((stage) => `ms.${stage}`)];
  const words = [
    "fields",
    "filter",
    "sort",
    "stats",
    "limit",
    "by",
    "desc",
    "in",
    "as",
    "count",
    "max",
    "bin",
    "ispresent",
  ];
  const made = ["reviews", "latest", "1h", "50"];
  for (const { QueryString, LogGroupNames } of queries) {
    assert.deepEqual(LogGroupNames, ["<AuthenticatorLog>"]);
    const named =
      String(QueryString)
        .replaceAll(/"[^"]*"/g, "")
        .match(/@?[a-z][\w.]*|\d\w*/gi) ?? [];
    assert.deepEqual(
      named.filter((name) => ![...fields, "@timestamp", ...words, ...made].includes(name)),
      [],
    );
  }
  const [outcomes = ""] = /\[.*\]/.exec(String(queries[0]?.["QueryString"])) ?? [];
  for (const outcome of JSON.parse(outcomes)) assert.ok(OUTCOMES.includes(outcome), outcome);
});

const ISSUER = "https://0a1b2c3d.tokens.sts.global.api.aws";

test("the alarm for keys that cannot be read exists only with AWS-signed tokens", () => {
  const names = (more: object) =>
    resources(stackOf("http", more).template(), "AWS::CloudWatch::Alarm").map(
      ({ Properties }) => Properties["MetricName"],
    );
  const plain = names({});
  assert.deepEqual(
    names({ awsSignedTokens: [{ account: ACCOUNT, issuer: ISSUER }] }).toSorted(),
    [...plain, "TokenKeysFailed"].toSorted(),
  );
  assert.equal(plain.includes("TokenKeysFailed"), false);
});

test("each alarm names its heading in the runbook, and the runbook has no other headings", () => {
  const issuer = issuerStack(new App(), { clusterId: "prod", account: ACCOUNT, region: REGION });
  const runbook = readFileSync(new URL("../../docs/runbook.md", import.meta.url), "utf8");
  const headings = [...runbook.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  const signed = stackOf("http", { awsSignedTokens: [{ account: ACCOUNT, issuer: ISSUER }] }).template();
  const described = [signed, Template.fromStack(issuer)]
    .flatMap((template) => resources(template, "AWS::CloudWatch::Alarm"))
    .map(({ Properties }) => String(Properties["AlarmDescription"]));
  const named = described.map((text) => / What to do: docs\/runbook\.md, "([^"]+)"\.$/.exec(text)?.[1]);
  assert.deepEqual([...new Set(named)].toSorted(), headings.toSorted());
});

const ENDPOINTS = {
  http: "<AuthenticatorApi.ApiEndpoint>/authenticate",
  mtls: "https://<AuthenticatorMtlsDomain>/authenticate",
  private:
    "https://<AuthenticatorPrivateApi>-<AuthenticatorPrivateVpcEndpoint>.execute-api.eu-west-1.<AWS::URLSuffix>/live/authenticate",
};
/** If it is not installed, npx would download any package that has this name, and run it with AWS credentials. */
const RUN = "npx --no -- lambda-iam-authenticator";
const ADD_CALLER =
  "callers add control-plane --cluster prod.example --region eu-west-1 --prefix /iam-authenticator/prod.example";
const COMMANDS = {
  http: `${ADD_CALLER} --endpoint ${ENDPOINTS.http} --out webhook.kubeconfig --new --yes`,
  mtls: `kubeconfig webhook --endpoint ${ENDPOINTS.mtls} --client-cert kube-apiserver.crt --client-key kube-apiserver.key --out webhook.kubeconfig`,
  private: `${ADD_CALLER} --endpoint ${ENDPOINTS.private} --out webhook.kubeconfig --new --yes`,
};
for (const kind of KINDS) {
  test(`${kind}: the outputs are the next commands`, () => {
    const { Outputs } = templateOf(kind).toJSON();
    assert.equal(Object.keys(Outputs).length, 5);
    assert.equal(output(templateOf(kind), "Endpoint"), ENDPOINTS[kind]);
    assert.equal(output(templateOf(kind), "KubeconfigCommand"), `${RUN} ${COMMANDS[kind]}`);
    assert.match(
      output(templateOf(kind), "ApiserverFlags"),
      /^--authentication-token-webhook-config-file=\S+ --\S+=v1$/,
    );
  });
}

test("with callerAuth none, the command has --no-token", () => {
  const made = stackOf("private", (scope) => ({
    endpoint: { ...(endpointOf("private", scope) as PrivateEndpoint), callerAuth: "none" },
  }));
  assert.equal(
    output(made.template(), "KubeconfigCommand"),
    `${RUN} kubeconfig webhook --endpoint ${ENDPOINTS.private} --no-token --out webhook.kubeconfig`,
  );
});

test("if the stack manages the callers, the command does not change them", () => {
  const made = stackOf("http");
  made.authenticator.addCaller({ name: "control-plane", sha256: "0".repeat(64) });
  assert.equal(
    output(made.template(), "KubeconfigCommand"),
    `${RUN} kubeconfig webhook --endpoint ${ENDPOINTS.http} --token-file caller-token --out webhook.kubeconfig`,
  );
});

test("if all callers of the stack prove themselves by IAM, the command names the file that a timer renews", () => {
  const made = stackOf("http");
  const arn = "arn:aws:iam::111122223333:role/control-plane";
  made.authenticator.addCaller({ name: "control-plane", arn, principalId: "AROAEXAMPLE" });
  const command = (option: string) =>
    `${RUN} kubeconfig webhook --endpoint ${ENDPOINTS.http} ${option} --out webhook.kubeconfig`;
  const path = "--token-file-path /etc/kubernetes/iam-authenticator/caller-token";
  assert.equal(output(made.template(), "KubeconfigCommand"), command(path));
  const both = stackOf("http");
  both.authenticator.addCaller({ name: "control-plane", arn });
  both.authenticator.addCaller({ name: "rescue", sha256: "0".repeat(64) });
  assert.equal(output(both.template(), "KubeconfigCommand"), command("--token-file caller-token"));
});

test("a caller's ARN that is not known at synth, or a session's, is refused", () => {
  const { authenticator } = stackOf("http");
  assert.throws(
    () => authenticator.addCaller({ name: "a", arn: Lazy.string({ produce: () => "arn" }) }),
    /^Error: caller a: its arn must be known at synth/,
  );
  assert.throws(
    () => authenticator.addCaller({ name: "a", arn: "arn:aws:sts::111122223333:assumed-role/control-plane/i-1" }),
    /^Error: caller a: must have a name, and either its token's sha256 .* or the arn of its IAM role or user/,
  );
});

test("the outputs name the function and its log", () => {
  assert.match(output(templateOf("http"), "FunctionName"), /^<AuthenticatorFunction>$/);
  assert.match(output(templateOf("http"), "LogGroup"), /^<AuthenticatorLog>$/);
});

test("NoReviews fires after quietHours, all of them without reviews", () => {
  const { found } = computed(stackOf("http", { quietHours: 72 }).template(), /^No accepted caller has asked for 72 h/);
  assert.deepEqual([found?.["EvaluationPeriods"], found?.["DatapointsToAlarm"], found?.["Threshold"]], [72, 72, 1]);
  assert.deepEqual([found?.["ComparisonOperator"], found?.["TreatMissingData"]], ["LessThanThreshold", "breaching"]);
});

test("of a caller's token, the template has only the hash, in one parameter", () => {
  const token = "a-caller-token-that-only-kube-apiserver-holds";
  const sha256 = hash("sha256", token);
  const made = stackOf("http");
  made.authenticator.addCaller({ name: "control-plane", sha256 });
  const text = JSON.stringify(made.template().toJSON());
  assert.equal(text.includes(token), false);
  assert.equal(text.split(sha256).length, 2);
  assert.equal(JSON.stringify(flat(made.template().toJSON()["Outputs"])).includes("HASH"), false);
});
