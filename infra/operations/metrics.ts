// The metrics that the function writes (functions/authenticator/http/metrics-entry.ts), as CDK knows them.

import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { Outcome } from "../../functions/authenticator/review/record.ts";

const NAMESPACE = "LambdaIamAuthenticator";

export function reviews(clusterId: string, outcome?: Outcome): Metric {
  return metric(
    "Reviews",
    Stats.SUM,
    { ClusterId: clusterId, ...(outcome !== undefined && { Outcome: outcome }) },
    outcome ?? "all",
  );
}

export function latency(clusterId: string, name: "Latency" | "StsLatency" | "SsmLatency", statistic: string): Metric {
  return metric(name, statistic, { ClusterId: clusterId }, `${name} ${statistic}`);
}

export function count(clusterId: string, name: "StsThrottled" | "InvalidMappings" | "ColdStart"): Metric {
  return metric(name, Stats.SUM, { ClusterId: clusterId }, name);
}

function metric(metricName: string, statistic: string, dimensionsMap: Record<string, string>, label: string): Metric {
  return new Metric({ namespace: NAMESPACE, metricName, statistic, dimensionsMap, label, period: Duration.minutes(1) });
}
