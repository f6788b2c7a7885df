// The alarms that notify: whether logins fail, and whether people are denied. They never stop a deployment, since it can be
// the fix.

import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { Gateway } from "../endpoint/endpoint.ts";
import { pageUrl } from "../page-url.ts";
import { metricOf } from "./metrics.ts";

export interface Watched {
  readonly clusterId: string;
  readonly handler: IFunction;
  readonly api: Gateway["api"];
  /** Whether faults are redirected instead of returned as 5xx. */
  readonly hasFailover: boolean;
}

export interface AlarmOptions extends Watched {
  /** Receives each alarm and its end. */
  readonly topic: ITopic | undefined;
  /** Hours without an invocation before the alarm NoReviews. Without them, there is no such alarm. */
  readonly quietHours: number | undefined;
}

type AlarmRule = Required<Pick<AlarmProps, "metric" | "threshold">> & {
  /** What happened. */
  readonly text: string;
  /** Heading of docs/troubleshoot.md, as a link. */
  readonly heading: string;
  readonly periods?: number;
  readonly below?: boolean;
};

export function makeAlarms(scope: Construct, options: AlarmOptions): Alarm[] {
  const { clusterId, handler, topic, quietHours } = options;
  const alarms = [
    addAlarm(scope, "Failing", topic, failing(options)),
    addAlarm(scope, "Refused", topic, {
      text: `The authenticator of the cluster ${clusterId} refuses a quarter of the requests or more: users are denied, or the token of a kube-apiserver is no longer valid.`,
      heading: "refused",
      metric: refused(clusterId, handler),
      threshold: 1,
    }),
  ];
  if (quietHours === undefined) return alarms;
  const noReviews = addAlarm(scope, "NoReviews", topic, {
    text: `No kube-apiserver of the cluster ${clusterId} has sent a review for the hours in quietHours.`,
    heading: "noreviews",
    metric: handler.metricInvocations({ period: Duration.hours(1) }),
    threshold: 1,
    periods: quietHours,
    below: true,
  });
  return [...alarms, noReviews];
}

export function failing({ clusterId, handler, api, hasFailover }: Watched): AlarmRule {
  const period = Duration.minutes(1);
  const heading = "failing";
  // Also counts requests that never reached the function.
  const answered = api.metricServerError({ period });
  if (!hasFailover) {
    const text = `Logins to the cluster ${clusterId} fail: API Gateway returns 5xx.`;
    return { heading, threshold: 5, text, metric: answered };
  }
  const metric = new MathExpression({
    label: "Reviews that this region cannot answer",
    // Without FILL, the sum would be missing where one of the metrics is. What is not redirected counts twice, but
    // kube-apiserver tries that five times.
    expression: "FILL(answered, 0) + FILL(errors, 0) + FILL(throttles, 0) + FILL(faults, 0)",
    usingMetrics: {
      answered,
      errors: handler.metricErrors({ statistic: Stats.SUM }),
      throttles: handler.metricThrottles({ statistic: Stats.SUM }),
      faults: metricOf("Reviews", { ClusterId: clusterId, Outcome: "fault" }),
    },
    period,
  });
  const text = `The authenticator of the cluster ${clusterId} fails in this region. Its reviews are redirected to failoverUrl, except for faults of STS and crashes.`;
  // A redirected review is one fault, not five tries.
  return { heading, threshold: 2, text, metric };
}

/** 1 or 0. A quarter: if one of three kube-apiservers has an old token, a third of the requests are refused. */
function refused(clusterId: string, handler: IFunction): MathExpression {
  const period = Duration.minutes(5);
  return new MathExpression({
    label: "Requests are refused",
    // Without FILL, periods without a refusal would be missing instead of 0, and CloudWatch would look further back.
    expression: "IF(FILL(refused, 0) >= 5 AND FILL(refused, 0) >= 0.25 * invocations, 1, 0)",
    usingMetrics: {
      refused: metricOf("Refused", { ClusterId: clusterId }).with({ period }),
      invocations: handler.metricInvocations({ period, statistic: Stats.SUM }),
    },
    period,
  });
}

/** Fires after two bad periods of three, so that a single one raises no alarm. With `below`, all periods must be bad. */
export function addAlarm(scope: Construct, id: string, topic: ITopic | undefined, rule: AlarmRule): Alarm {
  const { text, heading, metric, threshold, periods = 3, below = false } = rule;
  const alarm = new Alarm(scope, id, {
    alarmDescription: `${text} What to do: ${pageUrl(`docs/troubleshoot.md#${heading}`)}`,
    metric,
    threshold,
    evaluationPeriods: periods,
    datapointsToAlarm: below ? periods : 2,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    // No data means no requests, which only an alarm with `below` reports.
    treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  if (topic !== undefined) {
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return alarm;
}
