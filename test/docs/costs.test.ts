// Computes the costs in docs/costs.md and docs/fleet.md from the templates, and from the log lines and metrics of reviews.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { ACCESS_LOG_FORMAT } from "../../infra/endpoint/access-log.ts";
import { issuerStack } from "../../infra/issuer/issuer-stack.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  reviewBody,
  tokenOf,
} from "../functions/authenticator/fixtures.ts";
import { type MoreProps, stackOf, templateOf } from "../infra/stacks.ts";
import { lambdaFunction, resources } from "../infra/template.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const page = read("docs/costs.md");
const fleet = read("docs/fleet.md");

/**
 * USD in us-east-1: https://aws.amazon.com/{api-gateway,lambda,cloudwatch,privatelink,systems-manager}/pricing. A metric is
 * charged for the hours in which it is written, an alarm for each metric that it reads.
 */
const PRICE = {
  httpMillion: 1,
  restMillion: 3.5,
  lambdaMillion: 0.2,
  gigabyteSecond: 0.000_013_333_4,
  warmGigabyteSecond: 0.000_003_333_4,
  logGigabyte: 0.5,
  metric: 0.3,
  alarmMetric: 0.1,
  dashboard: 3,
  endpointHour: 0.01,
  tenThousandReads: 0.05,
};
const HOURS_OF_MONTH = 730;
const [GIGABYTES, SECONDS] = [0.5, 0.05];
/** 50 people, 30 reviews an hour, three kube-apiservers; 8 hours on 22 days. */
const WORKING_HOURS = 8 * 22;
const MILLIONS = (50 * 30 * WORKING_HOURS * 3) / 1e6;
/** CloudWatch adds 26 bytes to each event: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const EVENT = 26;

/** The line that a review prints. The first call of an environment would also have `coldStart`. */
async function lineOf(name: string): Promise<string> {
  const around = fakeServices({
    [`sso/${HOME}/clusteradmin`]: { username: "admin:{SessionName}", groups: ["admins"] },
  });
  const requestContext = { http: { method: "POST" }, stage: "$default", requestId: "AbCdEfGhIjKlMnO=" };
  const context = { functionVersion: "12", invokedFunctionArn: `arn:aws:lambda:eu-west-1:${HOME}:function:f:live` };
  const event = gatewayEvent(reviewBody(tokenOf(name)), { requestContext });
  await handlerOf(around, { clusterId: "production" })(event, context);
  // The length of STS's request ids.
  return (around.lines[0] ?? assert.fail()).replace("sts-1", "01234567-89ab-cdef-0123-456789abcdef");
}

/** The access log's line of a review. */
function accessLine(): string {
  const values: Readonly<Record<string, string>> = {
    requestTime: "28/Nov/2026:10:00:00 +0000",
    requestId: "AbCdEfGhIjKlMnO=",
    "identity.sourceIp": "203.0.113.100",
    httpMethod: "POST",
    path: "/authenticate",
    status: "200",
    responseLatency: "100",
    integrationLatency: "100",
  };
  return ACCESS_LOG_FORMAT.toString().replace(/\$context\.([\w.]+)/g, (_, name: string) => values[name] ?? "-");
}

/** Custom metrics: each combination of a name and the values of its dimensions. */
function metricsOf(lines: readonly string[]): Set<string> {
  interface Directive {
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }
  return new Set(
    lines.flatMap((text) => {
      const line = JSON.parse(text);
      return (line._aws.CloudWatchMetrics as Directive[]).flatMap(({ Dimensions, Metrics }) =>
        Metrics.flatMap(({ Name }) =>
          Dimensions.map((keys) => JSON.stringify([Name, ...keys.map((key) => line[key])])),
        ),
      );
    }),
  );
}

/** The number of alarms, and of the metrics that they read. */
function alarmsOf(template: Template): { readonly alarms: number; readonly metrics: number } {
  const found = resources(template, "AWS::CloudWatch::Alarm").map(({ Properties }) => {
    const queries = (Properties["Metrics"] ?? [{ MetricStat: {} }]) as { MetricStat?: object }[];
    return queries.filter(({ MetricStat }) => MetricStat !== undefined).length;
  });
  return { alarms: found.length, metrics: found.reduce((sum, count) => sum + count, 0) };
}

const cents = (dollars: number) => Math.round(100 * dollars) / 100;
const usd = (dollars: number) => dollars.toFixed(2);

/** A cluster without reviews: what the template creates is charged all the same. */
function idle(template: Template): number {
  const dashboards = resources(template, "AWS::CloudWatch::Dashboard").length;
  return cents(alarmsOf(template).metrics * PRICE.alarmMetric + dashboards * PRICE.dashboard);
}

function assertRow(...cells: readonly string[]): void {
  const row = `| ${cells.join(" | ")} |`;
  assert.ok(page.includes(`${row}\n`), `docs/costs.md must have the row ${row}`);
}

test("the rows and sums of the page follow from templates, log lines and prices", async () => {
  const [granted, denied] = [await lineOf("carol"), await lineOf("contractor")];
  assert.deepEqual([JSON.parse(granted).outcome, JSON.parse(denied).outcome], ["granted", "denied"]);
  const [line, access] = [granted, accessLine()].map((text) => (Buffer.byteLength(text) + EVENT) / 1000) as [
    number,
    number,
  ];
  // Otherwise Lambda would add two lines for each review.
  const { LoggingConfig } = lambdaFunction(templateOf("http")).Properties as { LoggingConfig: object };
  assert.partialDeepStrictEqual(LoggingConfig, { SystemLogLevel: "WARN" });
  const metrics = metricsOf([granted, denied]).size;
  const { alarms, metrics: alarmMetrics } = alarmsOf(templateOf("http"));
  assert.deepEqual(alarmsOf(templateOf("private")), { alarms, metrics: alarmMetrics });
  const gigabyteSeconds = MILLIONS * 1e6 * SECONDS * GIGABYTES;
  const kilobytes = (line + access).toFixed(2);
  const both = (dollars: number) => [dollars, dollars] as const;
  const rows: readonly (readonly [string, string, number, number])[] = [
    [
      "API Gateway",
      `${MILLIONS} M x 1.00 (HTTP), x 3.50 (REST)`,
      MILLIONS * PRICE.httpMillion,
      MILLIONS * PRICE.restMillion,
    ],
    ["Lambda, requests", `${MILLIONS} M x 0.20`, ...both(MILLIONS * PRICE.lambdaMillion)],
    [
      "Lambda, time (arm64)",
      `${gigabyteSeconds} GB-s (${SECONDS} s, ${GIGABYTES} GB) x 0.0000133334`,
      ...both(gigabyteSeconds * PRICE.gigabyteSecond),
    ],
    [
      "logs",
      `${MILLIONS} M x ${kilobytes} kB (review ${line.toFixed(2)}, access log ${access.toFixed(2)}) x 0.50`,
      ...both(MILLIONS * Number(kilobytes) * PRICE.logGigabyte),
    ],
    [
      "metrics",
      `${metrics} x 0.30 x ${WORKING_HOURS} of ${HOURS_OF_MONTH} h`,
      ...both((metrics * PRICE.metric * WORKING_HOURS) / HOURS_OF_MONTH),
    ],
    ["alarms", `${alarms}, over ${alarmMetrics} metrics x 0.10`, ...both(alarmMetrics * PRICE.alarmMetric)],
    ["Parameter Store, standard", "0", 0, 0],
    [
      "VPC endpoint for `execute-api`",
      `2 zones x ${HOURS_OF_MONTH} h x 0.01; none if you have one`,
      0,
      2 * HOURS_OF_MONTH * PRICE.endpointHour,
    ],
  ];
  const [http, hidden] = [2, 3].map((column) =>
    cents(rows.reduce((sum, row) => sum + cents(Number(row[column])), 0)),
  ) as [number, number];
  for (const [what, arithmetic, ...dollars] of rows) assertRow(what, arithmetic, ...dollars.map(usd));
  assertRow("sum", "", usd(http), usd(hidden));
  const none = idle(templateOf("http"));
  assert.ok(http <= 3, `${http} USD in use`);
  assert.ok(none <= 0.5, `${none} USD idle`);
  assert.ok(
    page.includes(`About ${usd(http)} USD a month for a cluster of 50 people, and ${usd(none)} for an idle one`),
  );
  assert.ok(read("README.md").includes(`About ${Math.round(http)} USD a month for a cluster with 50 people`));
  assert.ok(read("README.md").includes(`An idle cluster costs ${usd(none)} USD`));
  assert.ok(read("docs/deploy.md").includes(`[${usd(none)} to ${usd(http)} USD a month](costs.md)`));
  const [, requests, stated, total, dollars] =
    /^\| logs \| ([\d.]+) M x ([\d.]+) kB .* = (\d+) GB x 0\.50 \| ([\d.]+) \|$/m.exec(read("SECURITY.md")) ?? [];
  const gigabytes = Number(requests) * Number(kilobytes);
  assert.deepEqual([stated, total, dollars], [kilobytes, gigabytes.toFixed(0), usd(gigabytes * PRICE.logGigabyte)]);
});

/** USD a month of what the template creates, more than without `more`. */
function added(more: MoreProps): number {
  return cents(idle(stackOf("http", more).template()) - idle(templateOf("http")));
}

test("the options cost what the page states", () => {
  const issuer = Template.fromStack(issuerStack(new App(), { clusterId: "prod" }));
  const warm = GIGABYTES * HOURS_OF_MONTH * 3600 * PRICE.warmGigabyteSecond;
  const endpoints = 2 * 2 * HOURS_OF_MONTH * PRICE.endpointHour;
  const reads = ((2 * MILLIONS * 1e6) / 10_000) * PRICE.tenThousandReads;
  for (const row of [
    ['`"dashboard": true`', "the first three of an account are free", usd(added({ dashboard: true }))],
    ['`"quietHours"`', "one more alarm", usd(added({ quietHours: 24 }))],
    [
      '`"failoverUrl"`, besides the standby',
      "the alarm Failing reads two metrics more",
      usd(added({ failoverUrl: "https://standby.example.com/authenticate" })),
    ],
    ['`"alarms": false`', "only the alarms of a new version remain", usd(added({ alarms: false }))],
    ['`"issuer": true`, idle', `${alarmsOf(issuer).metrics} metrics of alarms x 0.10`, usd(idle(issuer))],
    ['`"provisionedConcurrency": 1`', "0.5 GB x 2 628 000 s x 0.0000033334", usd(warm)],
    [
      "endpoints for STS and Parameter Store, if the function is in a VPC",
      `2 x 2 zones x ${HOURS_OF_MONTH} h x 0.01`,
      usd(endpoints),
    ],
    [
      "Parameter Store beyond 40 reads per second (higher throughput)",
      "2 reads for each review, 0.05 for 10 000",
      usd(reads),
    ],
  ] as const)
    assertRow(...row);
});

test("200 idle clusters cost at most 100 USD a month", () => {
  const one = idle(templateOf("http"));
  const without = cents(one + added({ alarms: false }));
  const sum = (each: number) => `200 x ${usd(each)} = ${usd(200 * each)} USD a month`;
  assert.ok(200 * one <= 100);
  for (const text of [sum(one), sum(without)]) assert.ok(fleet.includes(text), `docs/fleet.md must state ${text}`);
});
