// The metrics that the functions write (functions/authenticator/http/metrics-line.ts), as CDK metrics.

import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { Outcome } from "../../functions/authenticator/review/record.ts";

const NAMESPACE = "LambdaIamAuthenticator";

export function reviews(clusterId: string, outcome?: Outcome): Metric {
  return requestsOf("Reviews", { ClusterId: clusterId, ...(outcome !== undefined && { Outcome: outcome }) });
}

/** `IssuerRequests` are the issuer's (functions/issuer/log-request.ts). */
export function requestsOf(name: "Reviews" | "IssuerRequests", dimensions: Record<string, string>): Metric {
  return metric(name, Stats.SUM, dimensions);
}

/** By hour. Excludes refused callers: their requests must not hide that kube-apiserver no longer sends reviews. */
export function reviewsOfCallers(clusterId: string): MathExpression {
  const outcomes: Outcome[] = ["granted", "denied", "not_ours", "throttled"];
  const expression = outcomes.map((outcome) => `FILL(${outcome}, 0)`).join(" + ");
  return computed("Reviews of accepted callers", expression, clusterId, outcomes, Duration.hours(1));
}

/** From 0 to 1, over five minutes. 0 below five denials, so that a single typo does not count. */
export function denialsAmongAnswers(clusterId: string): MathExpression {
  const expression = "IF(FILL(denied, 0) >= 5, FILL(denied, 0) / (FILL(denied, 0) + FILL(granted, 0)), 0)";
  return computed("Share of denials", expression, clusterId, ["denied", "granted"], Duration.minutes(5));
}

/** Evaluates an expression over the numbers of reviews, named by outcome. */
function computed(
  label: string,
  expression: string,
  clusterId: string,
  outcomes: readonly Outcome[],
  period: Duration,
): MathExpression {
  const metrics = outcomes.map((outcome) => [outcome, reviews(clusterId, outcome).with({ period })] as const);
  return new MathExpression({ label, expression, usingMetrics: Object.fromEntries(metrics), period });
}

export function latency(clusterId: string, name: "Latency" | "StsLatency" | "SsmLatency", statistic: string): Metric {
  return metric(name, statistic, { ClusterId: clusterId });
}

export function count(
  clusterId: string,
  name: "StsThrottled" | "InvalidMappings" | "StaleReads" | "ColdStart" | "TokenKeysFailed",
): Metric {
  return metric(name, Stats.SUM, { ClusterId: clusterId });
}

export function issuerFaults(clusterId: string): Metric {
  return requestsOf("IssuerRequests", { ClusterId: clusterId, Outcome: "fault" });
}

export function issuerCount(clusterId: string, name: "InvalidIssuerKeys" | "StaleIssuerKeys"): Metric {
  return metric(name, Stats.SUM, { ClusterId: clusterId });
}

/** Has no label, which would turn an alarm's metric into metric math. */
function metric(metricName: string, statistic: string, dimensionsMap: Record<string, string>): Metric {
  return new Metric({ namespace: NAMESPACE, metricName, statistic, dimensionsMap, period: Duration.minutes(1) });
}
