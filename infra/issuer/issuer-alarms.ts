// The issuer's alarms. Without its documents, no Pod of the cluster gets AWS credentials.

import { Duration } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { type AlarmRule, addAlarm } from "../monitoring/alarms.ts";
import { issuerCount, issuerFaults } from "../monitoring/metrics.ts";

export interface IssuerAlarmOptions {
  readonly clusterId: string;
  readonly handler: IFunction;
  readonly api: HttpApi;
  /** Receives each alarm and its end. */
  readonly topic: ITopic | undefined;
}

export function makeIssuerAlarms(scope: Construct, { clusterId, handler, api, topic }: IssuerAlarmOptions): void {
  const add = (id: string, rule: AlarmRule) => addAlarm(scope, id, rule, topic, "Issuer");
  add("Faults", {
    alarmDescription:
      "The issuer's documents are not served, so that no Pod gets AWS credentials: no keys, or Parameter Store is out of reach. See `reason` in the log.",
    metric: issuerFaults(clusterId),
    threshold: 1,
  });
  add("Errors", {
    alarmDescription: "The issuer's function itself fails or runs out of its time: see its log.",
    metric: handler.metricErrors({ period: Duration.minutes(1) }),
    threshold: 1,
  });
  add("GatewayErrors", {
    alarmDescription: "The API answers with 5xx, also where the function never ran: see the access log.",
    metric: api.metricServerError({ period: Duration.minutes(1) }),
    threshold: 5,
  });
  add("InvalidKeys", {
    alarmDescription:
      "A parameter of the issuer holds no valid key, or an 11th key, and is left out. See `invalidKeys` in the log.",
    metric: issuerCount(clusterId, "InvalidIssuerKeys"),
    threshold: 1,
  });
  add("StaleKeys", {
    alarmDescription: "Parameter Store fails: the issuer serves the keys that it read last, for 24 h at most.",
    metric: issuerCount(clusterId, "StaleIssuerKeys"),
    threshold: 1,
  });
  add("FunctionThrottled", {
    alarmDescription: "Lambda refuses to run the issuer: raise the account's limit.",
    metric: handler.metricThrottles({ period: Duration.minutes(1) }),
    threshold: 1,
  });
}
