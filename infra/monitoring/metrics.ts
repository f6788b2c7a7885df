// The metrics that the function writes (functions/authenticator/http/metrics-entry.ts), as CDK knows them.

import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { Outcome } from "../../functions/authenticator/review/record.ts";

const NAMESPACE = "LambdaIamAuthenticator";

export function reviews(clusterId: string, outcome?: Outcome): Metric {
  return metric("Reviews", Stats.SUM, { ClusterId: clusterId, ...(outcome !== undefined && { Outcome: outcome }) });
}

export function latency(clusterId: string, name: "Latency" | "StsLatency" | "SsmLatency", statistic: string): Metric {
  return metric(name, statistic, { ClusterId: clusterId });
}

export function count(clusterId: string, name: "StsThrottled" | "InvalidMappings" | "ColdStart"): Metric {
  return metric(name, Stats.SUM, { ClusterId: clusterId });
}

/** Without a label, which would make an alarm's metric one of metric math. */
function metric(metricName: string, statistic: string, dimensionsMap: Record<string, string>): Metric {
  return new Metric({ namespace: NAMESPACE, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });
}
