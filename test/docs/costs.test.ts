// Computes the costs in docs/costs.md from the templates and the function's metrics.

import "../infra/quick-synth.ts";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reviewMetrics } from "../../functions/authenticator/http/log-review.ts";
import { newRecord } from "../../functions/authenticator/review/record.ts";
import { templateOf } from "../infra/stacks.ts";
import { resources } from "../infra/template.ts";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const section = read("docs/costs.md");

/** USD in us-east-1: https://aws.amazon.com/{api-gateway,lambda,cloudwatch,privatelink}/pricing */
const PRICE = {
  httpMillion: 1,
  restMillion: 3.5,
  lambdaMillion: 0.2,
  gigabyteSecond: 0.000_013_333_4,
  logGigabyte: 0.5,
  metric: 0.3,
  alarmMetric: 0.1,
  dashboard: 3,
  endpointHour: 0.01,
};
/** 50 people, 30 reviews an hour, 8 hours, 22 days, three kube-apiservers. */
const MILLIONS = (50 * 30 * 8 * 22 * 3) / 1e6;

/** Metrics of an alarm; metric math is billed per metric. */
function alarmMetrics(): number[] {
  return resources(templateOf("http"), "AWS::CloudWatch::Alarm").map(({ Properties }) => {
    const queries = (Properties["Metrics"] ?? [{ MetricStat: {} }]) as { MetricStat?: object }[];
    return queries.filter(({ MetricStat }) => MetricStat !== undefined).length;
  });
}

/** Custom metrics of a live version: each combination of name and dimensions that its reviews write. */
function customMetrics(): number {
  const written = new Set<string>();
  for (const outcome of ["granted", "denied", "not_ours", "fault"] as const) {
    const record = { ...newRecord(0), ms: { identity: 1, mapping: 1 }, cached: { identity: false, mapping: false } };
    const line = JSON.parse(JSON.stringify(reviewMetrics(record, outcome, undefined, "prod", 0, "7")));
    for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics as {
      Dimensions: string[][];
      Metrics: { Name: string }[];
    }[])
      for (const { Name } of Metrics)
        for (const keys of Dimensions) written.add(JSON.stringify([Name, ...keys.map((key) => line[key])]));
  }
  return written.size;
}

interface Row {
  readonly arithmetic: string;
  readonly http: number;
  readonly hidden: number;
}

function row(what: string): Row {
  const line = section.split("\n").find((text) => text.startsWith(`| ${what} |`)) ?? assert.fail(what);
  const [, , arithmetic = "", http = "", hidden = ""] = line.split("|").map((cell) => cell.trim());
  return { arithmetic, http: http === "-" ? 0 : Number(http), hidden: Number(hidden) };
}

const cents = (dollars: number) => Math.round(100 * dollars) / 100;

test("the number of metrics is what reviews write", () => {
  const { arithmetic, http, hidden } = row("metrics");
  assert.match(arithmetic, new RegExp(` = ${customMetrics()} x 0\\.30$`));
  assert.deepEqual([http, hidden], [cents(customMetrics() * PRICE.metric), cents(customMetrics() * PRICE.metric)]);
});

test("the number of alarms is the template's, counted by metric", () => {
  const found = alarmMetrics();
  const metrics = found.reduce((sum, count) => sum + count, 0);
  const { arithmetic, http, hidden } = row("alarms");
  assert.equal(arithmetic, `${found.length}, over ${metrics} metrics x 0.10`);
  assert.deepEqual([http, hidden], [cents(metrics * PRICE.alarmMetric), cents(metrics * PRICE.alarmMetric)]);
});

test("the other rows match the example and the prices", () => {
  const seconds = MILLIONS * 1e6 * 0.05 * 0.5;
  for (const [what, http, hidden] of [
    ["API Gateway", MILLIONS * PRICE.httpMillion, MILLIONS * PRICE.restMillion],
    ["Lambda, requests", MILLIONS * PRICE.lambdaMillion, MILLIONS * PRICE.lambdaMillion],
    ["Lambda, time (arm64)", seconds * PRICE.gigabyteSecond, seconds * PRICE.gigabyteSecond],
    ["logs", MILLIONS * 3 * PRICE.logGigabyte, MILLIONS * 3 * PRICE.logGigabyte],
    ["dashboard", PRICE.dashboard, PRICE.dashboard],
    ["Parameter Store, standard", 0, 0],
    ["VPC endpoint for `execute-api`", 0, 2 * 730 * PRICE.endpointHour],
  ] as const) {
    const found = row(what);
    assert.deepEqual([found.http, found.hidden], [cents(http), cents(hidden)], what);
  }
});

test("the sums match the rows, and other pages state the same sums", () => {
  const [table = ""] = section.split("| sum |");
  const rows = [...table.matchAll(/^\| ([^|]+) \| [^|]+ \| ([\d.-]+) \| ([\d.]+) \|$/gm)].map(([, what = ""]) =>
    row(what),
  );
  assert.equal(rows.length, 9);
  const sum = row("sum");
  assert.equal(sum.http, cents(rows.reduce((total, { http }) => total + http, 0)));
  assert.equal(sum.hidden, cents(rows.reduce((total, { hidden }) => total + hidden, 0)));
  const idle = cents(row("alarms").http + row("dashboard").http);
  assert.ok(section.includes(`An idle cluster costs ${idle.toFixed(2)}, for alarms and the dashboard`), String(idle));
  assert.ok(section.includes(`so ${row("metrics").http.toFixed(2)} means use`));
  const readme = read("README.md");
  assert.ok(readme.includes(`About ${Math.round(sum.http)} USD a month`), String(sum.http));
  assert.ok(readme.includes(`An idle cluster costs less than ${Math.ceil(idle)} USD`), String(idle));
});
