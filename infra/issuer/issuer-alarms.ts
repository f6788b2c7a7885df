// The issuer's alarms. Without its documents, no Pod of the cluster gets AWS credentials.

import { Duration } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { addAlarm } from "../monitoring/alarms.ts";
import { metricOf } from "../monitoring/metrics.ts";

/** STS reads the documents rarely, so that a single request of five minutes counts. */
const PERIOD = Duration.minutes(5);

export function makeIssuerAlarms(scope: Construct, clusterId: string, api: HttpApi, topic: ITopic | undefined): void {
  addAlarm(scope, "Failing", topic, {
    text: `Pods of the cluster ${clusterId} get no AWS credentials: the API of the issuer returns 5xx.`,
    heading: "issuer-failing",
    metric: api.metricServerError({ period: PERIOD }),
    threshold: 1,
  });
  addAlarm(scope, "InvalidKeys", topic, {
    text: `The issuer of the cluster ${clusterId} does not serve all its keys: a parameter has no valid key, or is the 11th.`,
    heading: "issuer-invalidkeys",
    metric: metricOf("InvalidIssuerKeys", { ClusterId: clusterId }).with({ period: PERIOD }),
    threshold: 1,
  });
}
