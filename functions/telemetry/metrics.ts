// The metrics that the functions write, as members of a log line in CloudWatch's embedded metric
// format (EMF).

import type { EpochMs } from "../lib/deadline.ts";

export const METRICS_NAMESPACE = "LambdaIamAuthenticator";

/**
 * The dimensions of each metric. AWS charges for each combination of their values, by the hour in
 * which it is written.
 */
export const METRICS = {
  Reviews: ["ClusterId", "Outcome"],
  Refused: ["ClusterId"],
  Faults: ["ClusterId", "FunctionVersion"],
  StsThrottled: ["ClusterId"],
  InvalidMappings: ["ClusterId"],
  StaleReads: ["ClusterId"],
  TokenKeysFailed: ["ClusterId"],
  IssuerRequests: ["ClusterId", "Outcome"],
  InvalidIssuerKeys: ["ClusterId"],
} as const;

export type MetricName = keyof typeof METRICS;
export type Dimension = (typeof METRICS)[MetricName][number];

/**
 * Returns the members of a log line. Omits metrics that are zero, so that they cost nothing. Empty
 * if all are.
 */
export function embeddedMetrics(
  counts: Readonly<Partial<Record<MetricName, number>>>,
  dimensions: Readonly<Partial<Record<Dimension, string>>>,
  now: EpochMs,
): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  const directives: object[] = [];
  for (const Name of Object.keys(counts) as MetricName[]) {
    if (counts[Name] === 0) continue;
    for (const dimension of METRICS[Name]) members[dimension] = dimensions[dimension];
    members[Name] = counts[Name];
    directives.push({
      Namespace: METRICS_NAMESPACE,
      Dimensions: [METRICS[Name]],
      Metrics: [{ Name, Unit: "Count" }],
    });
  }
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
  if (directives.length > 0) members["_aws"] = { Timestamp: now, CloudWatchMetrics: directives };
  return members;
}
