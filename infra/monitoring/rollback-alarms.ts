// The alarms that roll a new version back. They compare it with the old one during a deployment and notify no topic.

import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, MathExpression, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { requestsOf } from "./metrics.ts";

export interface RollbackAlarmOptions {
  readonly clusterId: string;
  readonly live: Alias;
  /** The metric that counts the function's requests by version and outcome. */
  readonly requests: "Reviews" | "IssuerRequests";
}

/**
 * Rolls a version back if it has at least `least` bad requests and their share is at least `factor` times the old version's
 * share plus `margin`. An outage that affects both versions causes no rollback.
 */
interface Rule {
  readonly least: number;
  readonly factor: number;
  readonly margin: number;
}

/** Chosen for 20 reviews per minute. test/infra/rollback.test.ts computes the probabilities. */
const FAILS: Rule = { least: 3, factor: 2, margin: 0.03 };
const DENIES: Rule = { least: 4, factor: 1, margin: 0.5 };

/**
 * The time in which the new version receives a tenth of the requests. The sliding window covers all of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
export const CANARY = Duration.minutes(10);

export function makeRollbackAlarms(scope: Construct, { clusterId, live, requests }: RollbackAlarmOptions): Alarm[] {
  const version = live.version.version;
  /** The metric of all versions, and of the new one. */
  const counted = (outcome: string): Compared => [
    requestsOf(requests, { ClusterId: clusterId, Outcome: outcome }).with({ period: CANARY }),
    requestsOf(requests, { ClusterId: clusterId, FunctionVersion: version, Outcome: outcome }).with({ period: CANARY }),
  ];
  const invoked = (name: string): Compared => [lambda(live, name), lambda(live, name, version)];
  const add = (id: string, alarmDescription: string, bad: Compared, rule: Rule) =>
    new Alarm(scope, id, {
      alarmDescription: `${alarmDescription} CodeDeploy takes it back. What to do: docs/runbook.md, "New version".`,
      metric: comparison(bad, invoked("Invocations"), rule),
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  const alarms = [
    add("NewVersionFaults", "A new version ends requests without an answer.", counted("fault"), FAILS),
    add("NewVersionErrors", "A new version fails or runs out of time.", invoked("Errors"), FAILS),
  ];
  if (requests === "Reviews")
    alarms.push(add("NewVersionDenials", "A new version denies more reviews.", counted("denied"), DENIES));
  return alarms;
}

type Compared = readonly [all: Metric, ofNew: Metric];

/**
 * 1 or 0. Compares products instead of shares, to avoid division by zero. Always 0 unless the old version receives more
 * requests than the new one, so that an alarm of a former deployment does not stop the next one.
 */
function comparison([allBad, bad]: Compared, [allRuns, runs]: Compared, { least, factor, margin }: Rule) {
  const old = "(allRuns - runs)";
  const more = `bad * ${old} >= ${factor} * (allBad - bad) * runs + ${margin} * runs * ${old}`;
  return new MathExpression({
    label: "New version is worse",
    expression: `IF(bad >= ${least} AND ${old} >= runs AND ${more}, 1, 0)`,
    usingMetrics: { bad, allBad, runs, allRuns },
    period: CANARY,
  });
}

/** `ExecutedVersion`: the version behind an alias. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
function lambda({ lambda: { functionName }, aliasName }: Alias, metricName: string, version?: string): Metric {
  return new Metric({
    namespace: "AWS/Lambda",
    metricName,
    statistic: Stats.SUM,
    period: CANARY,
    dimensionsMap: {
      FunctionName: functionName,
      Resource: `${functionName}:${aliasName}`,
      ...(version !== undefined && { ExecutedVersion: version }),
    },
  });
}
