// The CloudWatch dashboard of one cluster's authenticator.

import { Dashboard, GraphWidget, type IMetric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { Outcome } from "../../functions/authenticator/review/record.ts";
import { count, latency, reviews } from "./metrics.ts";

const OUTCOMES: readonly Outcome[] = [
  "granted",
  "denied",
  "not_ours",
  "throttled",
  "fault",
  "bad_request",
  "caller_refused",
];

export function makeDashboard(scope: Construct, clusterId: string, handler: IFunction): Dashboard {
  const graph = (title: string, left: IMetric[], right: IMetric[] = []): GraphWidget =>
    new GraphWidget({ title, left, right, width: 12, height: 6 });
  const percentiles = (name: Parameters<typeof latency>[1]): IMetric[] =>
    [Stats.p(50), Stats.p(90), Stats.p(99)].map((statistic) => latency(clusterId, name, statistic));

  const dashboard = new Dashboard(scope, "Dashboard");
  dashboard.addWidgets(
    graph(
      "Reviews by outcome",
      OUTCOMES.map((outcome) => reviews(clusterId, outcome)),
    ),
    graph("Latency of a review (ms)", percentiles("Latency")),
    graph("Latency of STS (ms)", percentiles("StsLatency")),
    graph("Latency of Parameter Store (ms)", percentiles("SsmLatency")),
    graph("STS throttling and invalid mappings", [
      count(clusterId, "StsThrottled"),
      count(clusterId, "InvalidMappings"),
    ]),
    graph(
      "Concurrency, cold starts",
      [handler.metric("ConcurrentExecutions", { statistic: Stats.MAXIMUM })],
      [count(clusterId, "ColdStart")],
    ),
    graph(
      "What costs: invocations, and their time (ms)",
      [handler.metricInvocations()],
      [handler.metricDuration({ statistic: Stats.SUM })],
    ),
    graph("Errors and throttles of the function", [handler.metricErrors(), handler.metricThrottles()]),
  );
  return dashboard;
}
