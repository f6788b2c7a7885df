// The alarms of a cluster's authenticator. They never stop a deployment, since it can be the fix.

import { Duration } from "aws-cdk-lib";
import { Alarm, type AlarmProps, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import type { Gateway } from "../endpoint/endpoint.ts";
import { count, denialsAmongAnswers, latency, reviews, reviewsOfCallers } from "./metrics.ts";

export interface AlarmOptions {
  readonly clusterId: string;
  readonly handler: IFunction;
  readonly gateway: Gateway;
  /** Receives each alarm and its end. */
  readonly topic: ITopic | undefined;
  /** Hours without a review before the alarm NoReviews. */
  readonly quietHours: number;
  /** Share of denials among answered reviews, above 0 and at most 1. */
  readonly denialShare: number;
  /** Whether the function accepts AWS-signed tokens, and reads their issuers' keys. */
  readonly readsTokenKeys: boolean;
}

export type AlarmRule = Required<Pick<AlarmProps, "alarmDescription" | "threshold">> & {
  readonly metric: IMetric;
  readonly periods?: number;
  readonly below?: boolean;
};

/** Has a heading for each alarm. */
const RUNBOOK = "docs/runbook.md";

export function makeAlarms(scope: Construct, options: AlarmOptions): Alarm[] {
  const { clusterId, handler, gateway, topic, quietHours, denialShare, readsTokenKeys } = options;
  const add = (id: string, rule: AlarmRule): Alarm => addAlarm(scope, id, rule, topic);
  return [
    add("Faults", {
      alarmDescription:
        "Reviews end without an answer: STS, Parameter Store or EC2 cannot be reached, or the function has a fault. See `reason` in the log.",
      metric: reviews(clusterId, "fault"),
      threshold: 5,
    }),
    add("Errors", {
      alarmDescription: "The function itself fails or runs out of time: see its log.",
      metric: handler.metricErrors({ period: Duration.minutes(1) }),
      threshold: 1,
    }),
    add("Slow", {
      alarmDescription: "The slowest reviews come near the 5 s that a review may take.",
      metric: latency(clusterId, "Latency", "p99"),
      threshold: 3_000,
    }),
    add("GatewayErrors", {
      alarmDescription: "The endpoint answers with 5xx, also where the function never ran: see the access log.",
      metric: gateway.serverErrors.with({ period: Duration.minutes(1) }),
      threshold: 5,
    }),
    add("Denials", {
      alarmDescription:
        "More denials than usual: mappings or tokens may be wrong since a change, or a caller tries tokens. See `reason` in the log.",
      metric: denialsAmongAnswers(clusterId),
      threshold: denialShare,
    }),
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
        "Callers are refused: the token or certificate of a kube-apiserver is no longer valid, or a stranger tries.",
      metric: reviews(clusterId, "caller_refused"),
      threshold: 5,
    }),
    add("InvalidMappings", {
      alarmDescription:
        "A mapping that reviews read is invalid: an identity may be locked out. See mapping_invalid in the log.",
      metric: count(clusterId, "InvalidMappings"),
      threshold: 1,
    }),
    ...(readsTokenKeys
      ? [
          add("TokenKeys", {
            alarmDescription:
              "The keys of an issuer of AWS-signed tokens cannot be read: cached keys are valid for 24 hours, and without them logins fail.",
            metric: count(clusterId, "TokenKeysFailed"),
            threshold: 1,
          }),
        ]
      : []),
    add("NoReviews", {
      alarmDescription: `No accepted caller has asked for ${quietHours} h: does kube-apiserver still use this endpoint?`,
      metric: reviewsOfCallers(clusterId),
      threshold: 1,
      periods: quietHours,
      below: true,
    }),
  ];
}

/** Fires after two bad periods, so that one bad minute raises no alarm. With `below`, all periods must be bad. */
export function addAlarm(
  scope: Construct,
  id: string,
  { alarmDescription, metric, periods = 3, below = false, ...rule }: AlarmRule,
  topic: ITopic | undefined,
  group?: string,
): Alarm {
  const heading = group === undefined ? id : `${group}: ${id}`;
  const alarm = new Alarm(scope, id, {
    ...rule,
    alarmDescription: `${alarmDescription} What to do: ${RUNBOOK}, "${heading}".`,
    metric,
    evaluationPeriods: periods,
    datapointsToAlarm: below ? periods : Math.min(periods, 2),
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
