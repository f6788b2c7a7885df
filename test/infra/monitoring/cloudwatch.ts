// Evaluates a template's alarms over simulated requests, as CloudWatch documents it: sliding
// windows, missing data, metric math.

import type { Template } from "aws-cdk-lib/assertions";
import { reviewMetrics } from "../../../functions/authenticator/http/log-review.ts";
import {
  newRecord,
  OUTCOMES,
  type Outcome,
} from "../../../functions/authenticator/review/record.ts";
import { METRICS, type MetricName } from "../../../functions/telemetry/metrics.ts";
import { flat } from "../template.ts";

/** How a request ends: a review, or a failure of the function that leaves no line. */
export type Ending = Outcome | "crash" | "time-out" | "throttled by Lambda" | "function deleted";

export interface Request {
  /** In seconds. */
  readonly at: number;
  readonly ending: Ending;
  readonly version?: string;
}

const CLUSTER = "prod.example";
const FUNCTION = "<AuthenticatorFunction>";
/**
 * CloudWatch reads more periods than it evaluates: five for three in the examples of its
 * documentation.
 */
const FURTHER = 2;
const VERSION = "<AuthenticatorFunctionCurrentVersion.Version>";

function key(
  namespace: string,
  name: string,
  dimensions: Readonly<Record<string, unknown>>,
): string {
  const pairs = Object.entries(dimensions).map((pair) => pair.join("="));
  return [namespace, name, ...pairs.sort()].join(" ");
}

/**
 * What API Gateway, Lambda and the log line add to the metrics, with zeros of the first two.
 * `redirects`: no 5xx.
 */
export function dataOf({ at, ending, version = "1" }: Request, redirects = false) {
  const outcome = OUTCOMES.find((known) => known === ending);
  const hasFailed = outcome === undefined || outcome === "fault";
  const metric = key("AWS/ApiGateway", "5xx", { ApiId: "<AuthenticatorApi>" });
  const gateway = { at, metric, value: Number(hasFailed && !redirects) };
  // API Gateway cannot invoke it, and redirects no 500.
  if (ending === "function deleted") return [{ ...gateway, value: 1 }];
  // "Invocation requests that are throttled ... don't count as either Invocations or Errors":
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  const alias = { FunctionName: FUNCTION, Resource: `${FUNCTION}:live` };
  if (ending === "throttled by Lambda")
    return [gateway, { at, metric: key("AWS/Lambda", "Throttles", alias), value: 1 }];
  const lambda = (name: string, value: number) =>
    [{ FunctionName: FUNCTION }, alias, { ...alias, ExecutedVersion: version }].map(
      (dimensions) => {
        return { at, metric: key("AWS/Lambda", name, dimensions), value };
      },
    );
  const members = outcome && reviewMetrics(newRecord(0), outcome, undefined, CLUSTER, 0, version);
  const written = (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
    if (members?.[name] === undefined) return [];
    const dimensions = Object.fromEntries(
      METRICS[name].map((dimension) => [dimension, members[dimension]]),
    );
    return {
      at,
      metric: key("LambdaIamAuthenticator", name, dimensions),
      value: Number(members[name]),
    };
  });
  return [
    gateway,
    ...lambda("Invocations", 1),
    ...lambda("Errors", Number(outcome === undefined)),
    ...written,
  ];
}

interface Query {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: {
      Namespace: string;
      MetricName: string;
      Dimensions: { Name: string; Value: string }[];
    };
    readonly Period: number;
    readonly Stat: string;
  };
}

export interface SimulatedAlarm {
  /** Logical id without the construct's name. */
  readonly id: string;
  readonly name: string | undefined;
  /** Whether it is in the state ALARM at a time, with the data that have arrived. */
  readonly fires: (data: ReturnType<typeof dataOf>, now: number) => boolean;
}

/** `version`: the version that the alias has, or moves to. */
export function alarmsOf(template: Template, version = "1"): SimulatedAlarm[] {
  return Object.entries(template.findResources("AWS::CloudWatch::Alarm")).map(
    ([logicalId, resource]) => {
      const { Properties } = JSON.parse(
        JSON.stringify(flat(resource)).replaceAll(VERSION, version),
      );
      const id = logicalId.replace(/^Authenticator|[0-9A-F]{8}$/g, "");
      return { id, name: Properties.AlarmName, fires: evaluation(Properties) };
    },
  );
}

// biome-ignore lint/suspicious/noExplicitAny: the properties of an alarm in a template
function evaluation(alarm: any): SimulatedAlarm["fires"] {
  const { Namespace, MetricName, Dimensions, Statistic, Period, EvaluationPeriods, Threshold } =
    alarm;
  const single = { Metric: { Namespace, MetricName, Dimensions }, Period, Stat: Statistic };
  const queries: Query[] = alarm.Metrics ?? [{ Id: "single", MetricStat: single }];
  const stats = queries.flatMap(({ Id, MetricStat }) =>
    MetricStat === undefined ? [] : [{ Id, ...MetricStat }],
  );
  const expression =
    queries.find(({ Expression }) => Expression !== undefined)?.Expression ?? "single";
  const [period = 0, ...others] = new Set(stats.map((stat) => stat.Period));
  if (others.length > 0 || stats.some(({ Stat }) => Stat !== "Sum"))
    throw new Error("not supported");
  const ids = stats.map(({ Id }) => Id);
  // Without a value, so is the result:
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
  const filled = new Set([...expression.matchAll(/FILL\((\w+),/g)].map(([, id]) => id));
  const body = expression
    .replaceAll(" AND ", " && ")
    .replace(/FILL\((\w+), (\d+)\)/g, "($1 ?? $2)")
    .replace(/^IF\((.*), 1, 0\)$/, "($1) ? 1 : 0");
  const calculate = new Function(...ids, `return ${body};`) as (
    ...values: (number | undefined)[]
  ) => number;
  const isBad = (value: number) =>
    alarm.ComparisonOperator === "LessThanThreshold" ? value < Threshold : value >= Threshold;
  const bad = alarm.DatapointsToAlarm ?? EvaluationPeriods;
  return (data, now) => {
    const sums = stats.map(({ Metric: { Namespace, MetricName, Dimensions } }) => {
      const metric = key(
        Namespace,
        MetricName,
        Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      );
      return data.filter((datum) => datum.metric === metric);
    });
    const windows = Array.from({ length: EvaluationPeriods + FURTHER }, (_, back) => {
      const until = now - back * period;
      const values = sums.map((all) => {
        const within = all.filter(({ at }) => at > until - period && at <= until);
        return within.length === 0 ? undefined : within.reduce((sum, { value }) => sum + value, 0);
      });
      return values.some((value, at) => value === undefined && !filled.has(ids[at]))
        ? undefined
        : calculate(...values);
    });
    // Existing data points are used first, even older ones. TreatMissingData only replaces what is
    // then missing:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    const existing = windows.filter((value) => value !== undefined).slice(0, EvaluationPeriods);
    const missing =
      alarm.TreatMissingData === "breaching" ? EvaluationPeriods - existing.length : 0;
    return existing.filter(isBad).length + missing >= bad;
  };
}
