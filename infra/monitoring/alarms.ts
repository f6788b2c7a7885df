// The alarms of one cluster's authenticator, and which of them roll a deployment back.

import { Duration } from "aws-cdk-lib";
import { Alarm, type AlarmProps, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { count, latency, reviews } from "./metrics.ts";

export interface Alarms {
  readonly all: readonly Alarm[];
  /** Those that a bad version of the function sets off within minutes. */
  readonly rollback: readonly Alarm[];
}

export interface AlarmOptions {
  readonly clusterId: string;
  readonly handler: IFunction;
  /** Told of alarms and of their end. */
  readonly topic: ITopic | undefined;
  /** Without a review, until that is an alarm. */
  readonly quietHours: number;
}

type AlarmRule = Pick<AlarmProps, "alarmDescription" | "threshold"> & {
  readonly metric: IMetric;
  readonly periods?: number;
  readonly below?: boolean;
};

export function makeAlarms(scope: Construct, { clusterId, handler, topic, quietHours }: AlarmOptions): Alarms {
  const add = (id: string, { metric, periods = 3, below = false, ...rule }: AlarmRule): Alarm => {
    const alarm = new Alarm(scope, id, {
      ...rule,
      metric,
      evaluationPeriods: periods,
      datapointsToAlarm: below ? periods : Math.min(periods, 2),
      comparisonOperator: below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // No metric is no review: that is an alarm of its own, and for the others good news.
      treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    if (topic !== undefined) {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
    return alarm;
  };
  const faults = add("Faults", {
    alarmDescription:
      "Reviews end without an answer: STS, Parameter Store or EC2 out of reach, or a fault of ours. See `reason` in the log.",
    metric: reviews(clusterId, "fault"),
    threshold: 5,
  });
  const errors = add("Errors", {
    alarmDescription: "The function itself fails or runs out of its time: see its log.",
    metric: handler.metricErrors({ period: Duration.minutes(1) }),
    threshold: 1,
  });
  const slow = add("Slow", {
    alarmDescription: "The slowest reviews near the 5 s that a review may take.",
    metric: latency(clusterId, "Latency", "p99"),
    threshold: 3_000,
  });
  const rest = [
    add("StsThrottled", {
      alarmDescription: "STS limits this account and Region: look for a client that asks too often.",
      metric: count(clusterId, "StsThrottled"),
      threshold: 5,
    }),
    add("FunctionThrottled", {
      alarmDescription: "Lambda refuses to run the function: raise reserved concurrency or the account's limit.",
      metric: handler.metricThrottles({ period: Duration.minutes(1) }),
      threshold: 1,
    }),
    add("CallersRefused", {
      alarmDescription:
        "Callers are turned away: a kube-apiserver whose token or certificate is no longer good, or somebody who tries.",
      metric: reviews(clusterId, "caller_refused"),
      threshold: 5,
    }),
    add("InvalidMappings", {
      alarmDescription:
        "A mapping that reviews read is invalid: somebody may be locked out. See mapping_invalid in the log.",
      metric: count(clusterId, "InvalidMappings"),
      threshold: 1,
    }),
    add("NoReviews", {
      alarmDescription: `Nobody has asked for ${quietHours} h: is kube-apiserver still configured with this endpoint?`,
      metric: reviews(clusterId).with({ period: Duration.hours(1) }),
      threshold: 1,
      periods: quietHours,
      below: true,
    }),
  ];
  return { all: [faults, errors, slow, ...rest], rollback: [faults, errors, slow] };
}
