// The counts and sizes in docs/costs.md and docs/cdk.md are those of the templates, log lines and
// metrics of reviews.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { defaultThrottle } from "../../infra/common-props.ts";
import { issuerStack } from "../../infra/context/stacks.ts";
import { ACCESS_LOG_FORMAT } from "../../infra/endpoint/endpoint.ts";
import {
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  reviewBody,
  tokenOf,
} from "../functions/authenticator/fixtures.ts";
import { type MoreProps, stackOf, templateOf } from "../infra/stacks.ts";
import { resources } from "../infra/template.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const page = read("docs/costs.md");
const cdk = read("docs/cdk.md");

/**
 * USD a month in us-east-1: https://aws.amazon.com/cloudwatch/pricing. An alarm is charged for each
 * metric that it reads.
 */
const ALARM_METRIC = 0.1;
/**
 * CloudWatch adds 26 bytes to each event:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
 */
const EVENT = 26;

/** The line that a review prints. The first call of an environment would also have `coldStart`. */
async function lineOf(name: string): Promise<string> {
  const mapping = { username: "admin:{SessionName}", groups: ["admins"] };
  const around = fakeServices({ [`sso/${HOME}/clusteradmin`]: mapping });
  const requestContext = {
    http: { method: "POST" },
    stage: "$default",
    requestId: "AbCdEfGhIjKlMnO=",
  };
  const context = {
    functionVersion: "12",
    invokedFunctionArn: `arn:aws:lambda:eu-west-1:${HOME}:function:f:live`,
  };
  const event = gatewayEvent(reviewBody(tokenOf(name)), { requestContext });
  await handlerOf(around, { clusterId: "production" })(event, context);
  // The length of STS's request ids.
  return (around.lines[0] ?? assert.fail()).replace(
    "sts-1",
    "01234567-89ab-cdef-0123-456789abcdef",
  );
}

function accessLine(): string {
  // biome-ignore format: a table
  const values: Readonly<Record<string, string>> = {
    ...{ requestTime: "28/Nov/2026:10:00:00 +0000", requestId: "AbCdEfGhIjKlMnO=", "identity.sourceIp": "203.0.113.100" },
    ...{ httpMethod: "POST", path: "/authenticate", status: "200", responseLatency: "100", integrationLatency: "100" },
  };
  return ACCESS_LOG_FORMAT.toString().replace(
    /\$context\.([\w.]+)/g,
    (_, name: string) => values[name] ?? "-",
  );
}

/** Custom metrics: each combination of a name and the values of its dimensions. */
function metricsOf(lines: readonly string[]): Set<string> {
  const found = lines.flatMap((text) => {
    const line = JSON.parse(text);
    const directives: { Dimensions: string[][]; Metrics: { Name: string }[] }[] =
      line._aws.CloudWatchMetrics;
    return directives.flatMap(({ Dimensions, Metrics }) =>
      Metrics.flatMap(({ Name }) =>
        Dimensions.map((keys) => JSON.stringify([Name, ...keys.map((key) => line[key])])),
      ),
    );
  });
  return new Set(found);
}

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
  return cents(alarmsOf(template).metrics * ALARM_METRIC);
}

/** The numbers of a row of the page, after its name. */
function row(name: string): number[] {
  const line = page.split("\n").find((row) => row.startsWith(`| ${name} |`)) ?? assert.fail(name);
  return [...line.slice(name.length + 2).matchAll(/-?\d+(?:\.\d+)?/g)].map(([number]) =>
    Number(number),
  );
}

test("the rows of logs, metrics and alarms have the code's sizes and counts", async () => {
  const [granted, denied] = [await lineOf("carol"), await lineOf("contractor")];
  assert.deepEqual(
    [JSON.parse(granted).outcome, JSON.parse(denied).outcome],
    ["granted", "denied"],
  );
  const [line = 0, access = 0] = [granted, accessLine()].map(
    (text) => (Buffer.byteLength(text) + EVENT) / 1000,
  );
  const kilobytes = cents(line + access);
  assert.deepEqual(row("logs").slice(1, 4), [kilobytes, cents(line), cents(access)]);
  assert.equal(row("metrics")[0], metricsOf([granted, denied]).size);
  const { alarms, metrics } = alarmsOf(templateOf("http"));
  assert.deepEqual(alarmsOf(templateOf("private")), { alarms, metrics });
  assert.deepEqual(row("alarms"), [
    alarms,
    metrics,
    ALARM_METRIC,
    metrics * ALARM_METRIC,
    metrics * ALARM_METRIC,
  ]);
  const [, table = ""] = page.split("| what | arithmetic |");
  const dollars = [...(table.split("| sum |")[0] ?? "").matchAll(/\| ([\d.]+) \| ([\d.]+) \|$/gm)];
  const sums = [1, 2].map((column) =>
    cents(dollars.reduce((sum, cells) => sum + Number(cells[column]), 0)),
  );
  assert.deepEqual(row("sum"), sums);
  const [http = 0, none] = [sums[0], usd(idle(templateOf("http")))];
  assert.ok(http <= 3 && Number(none) <= 0.5, `${http} USD in use, ${none} idle`);
  for (const [file, text] of [
    [
      "docs/costs.md",
      `About ${usd(http)} USD a month for a cluster of 50 people, and ${none} for an idle one`,
    ],
    [
      "README.md",
      `[About ${Math.round(http)} USD a month](docs/costs.md) with 50 people; idle, ${none} USD`,
    ],
    ["docs/deploy.md", `[${none} to ${usd(http)} USD a month](costs.md)`],
    ["SECURITY.md", ` M x ${kilobytes} kB `],
  ] as const) {
    assert.ok(read(file).includes(text), `${file} must state ${text}`);
  }
});

/**
 * Of an account's first month in us-east-1:
 * https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer
 */
const TRANSFER = { free: 100, price: 0.09 };

test("the limit on what strangers cost in SECURITY.md follows from the throttle", () => {
  const { rateLimit } = defaultThrottle();
  const month = 730 * 3_600;
  const millions = (rateLimit * month) / 1e6;
  const [kilobytes = 0] = row("logs").slice(1, 2);
  const count = `${millions.toFixed(1)} M`;
  const rows: readonly (readonly [what: string, dollars: number])[] = [
    [
      `API Gateway (HTTP API) | 300 M x 1.00, ${(millions - 300).toFixed(1)} M x 0.90`,
      300 + (millions - 300) * 0.9,
    ],
    [`Lambda, requests | ${count} x 0.20`, millions * 0.2],
    [
      `Lambda, time | ${count} x 0.005 s x 0.5 GB x 0.0000133334`,
      millions * 1e6 * 0.005 * 0.5 * 0.000_013_333_4,
    ],
    [
      `logs | ${count} x ${kilobytes} kB (as for a granted review; a 401 has less) x 0.50`,
      millions * kilobytes * 0.5,
    ],
    [
      `data transfer out | ${count} x 1 kB, 100 GB free, x 0.09`,
      (millions - TRANSFER.free) * TRANSFER.price,
    ],
  ];
  const sum = rows.reduce((total, [, dollars]) => total + cents(dollars), 0);
  const text = read("SECURITY.md");
  for (const part of [
    ...rows.map(([what, dollars]) => `| ${what} | ${usd(dollars)} |`),
    `| sum | | ${usd(sum)} |`,
    `${rateLimit} x 2 628 000 s = ${count} requests`,
    `the throttle (${rateLimit} requests a second by default) limits it to about ${Math.round((sum * 86_400) / month)} USD a day`,
    `With \`reservedConcurrency\`, the throttle is ${defaultThrottle(8).rateLimit}.`,
  ])
    assert.ok(text.includes(part), `SECURITY.md must state ${part}`);
});

/**
 * Of docs/costs.md's example: people who use kubectl 8 h on 22 days, at three kube-apiservers that
 * ask every 2 min.
 */
const REVIEWS_A_PERSON = 30 * 8 * 22 * 3;

test("the costs of 50 to 10,000 people have the arithmetic of the rows of 50", () => {
  const millions = (people: number) => (people * REVIEWS_A_PERSON) / 1e6;
  const [kilobytes = 0] = row("logs").slice(1, 2);
  const fixed = (row("metrics").at(-1) ?? 0) + (row("alarms").at(-1) ?? 0);
  // USD for a million: Lambda's requests, its time, and logs. Below 300 M, API Gateway has one
  // price for each kind of API.
  const shared = [0.2, 1e6 * 0.05 * 0.5 * 0.000_013_333_4, kilobytes * 0.5];
  const sum = (people: number, gateway: number) =>
    cents(
      [gateway, ...shared].reduce((usd, price) => usd + cents(millions(people) * price), fixed),
    );
  const endpoint = row("VPC endpoint for `execute-api`").at(-1) ?? 0;
  for (const people of [50, 300, 1_000, 10_000]) {
    const perSecond = (people * REVIEWS_A_PERSON) / (22 * 8 * 3600);
    const name = people.toLocaleString("en").replace(",", " ");
    assert.ok(millions(people) <= 300);
    const paid = [
      sum(people, 1),
      cents(sum(people, 3.5) + endpoint),
      cents(millions(people) * 2 * 5),
    ];
    assert.deepEqual(row(name), [perSecond, ...paid], name);
  }
  assert.deepEqual(row("50").slice(1, 3), row("sum"));
  const [, most = 0, , throughput = 0] = row("10 000").map((usd) =>
    Math.round(usd).toLocaleString("en"),
  );
  const text = `A cluster with 10,000 people costs ${most} USD, and up to ${throughput} more for Parameter Store's higher throughput`;
  assert.ok(read("docs/costs.md").includes(text), text);
  assert.deepEqual(row("API Gateway").slice(1, 3), [1, 3.5]);
});

/** USD a month of what the template creates, more than without `more`. */
function added(more: MoreProps): number {
  return cents(idle(stackOf("http", more).template()) - idle(templateOf("http")));
}

test("the options cost what the page states", () => {
  const issuer = Template.fromStack(issuerStack(new App(), { clusterId: "prod" }));
  for (const [name, dollars] of [
    ['`"quietHours"`', added({ quietHours: 24 })],
    [
      '`"failoverUrl"`, besides the standby',
      added({ failoverUrl: "https://standby.example.com/authenticate" }),
    ],
    ['`"alarms": false`', added({ alarms: false })],
    ['`"issuer": true`, idle', idle(issuer)],
  ] as const) {
    assert.equal(row(name).at(-1), dollars, name);
  }
});

test("200 idle clusters cost at most 100 USD a month", () => {
  const endpoint = idle(templateOf("http"));
  const without = cents(endpoint + added({ alarms: false }));
  const sum = (each: number) => `200 x ${usd(each)} = ${usd(200 * each)} USD a month`;
  assert.ok(200 * endpoint <= 100);
  for (const text of [sum(endpoint), sum(without)])
    assert.ok(cdk.includes(text), `docs/cdk.md must state ${text}`);
});
