// The CloudWatch dashboard of a cluster's authenticator.

import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryWidget,
  Metric,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { OUTCOMES } from "../../functions/authenticator/review/record.ts";
import type { Gateway } from "../endpoint/endpoint.ts";
import { count, latency, reviews } from "./metrics.ts";
import { LATEST_REFUSALS } from "./queries.ts";

export interface DashboardOptions {
  readonly clusterId: string;
  readonly handler: IFunction;
  readonly log: ILogGroup;
  readonly gateway: Gateway;
  readonly alarms: readonly Alarm[];
}

export function makeDashboard(scope: Construct, options: DashboardOptions): void {
  const { clusterId, handler, log, gateway, alarms } = options;
  const logged = new Metric({
    namespace: "AWS/Logs",
    metricName: "IncomingBytes",
    dimensionsMap: { LogGroupName: log.logGroupName },
    statistic: Stats.SUM,
  });
  new Dashboard(scope, "Dashboard").addWidgets(
    ...(alarms.length > 0 ? [new AlarmStatusWidget({ alarms: [...alarms], width: 24, height: 3 })] : []),
    new LogQueryWidget({
      title: "Latest denials and faults",
      logGroupNames: [log.logGroupName],
      queryLines: [...LATEST_REFUSALS],
      width: 24,
      height: 6,
    }),
    graph("Reviews by outcome", outcomes(clusterId)),
    graph("Latency of a review (ms)", percentiles(clusterId, "Latency")),
    graph("Latency of STS (ms)", percentiles(clusterId, "StsLatency")),
    graph("Latency of Parameter Store (ms)", percentiles(clusterId, "SsmLatency")),
    graph("Latency of the gateway (ms)", [
      ...[Stats.p(50), Stats.p(99)].map((p) => gateway.latency.with({ statistic: p, label: `total ${p}` })),
      gateway.integrationLatency.with({ statistic: Stats.p(99), label: `of it the function ${Stats.p(99)}` }),
    ]),
    graph("STS throttling, invalid mappings", [count(clusterId, "StsThrottled"), count(clusterId, "InvalidMappings")]),
    graph("The gateway's requests, 4xx, 5xx", [gateway.requests, gateway.clientErrors, gateway.serverErrors]),
    graph(
      "Concurrency; cold starts",
      [handler.metric("ConcurrentExecutions", { statistic: Stats.MAXIMUM })],
      [count(clusterId, "ColdStart")],
    ),
    graph("Errors and throttles of the function", [handler.metricErrors(), handler.metricThrottles()]),
    graph(
      "What costs: invocations; their time (ms)",
      [handler.metricInvocations()],
      [handler.metricDuration({ statistic: Stats.SUM })],
    ),
    graph("What costs: bytes logged", [logged]),
  );
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left, right, width: 12, height: 6 });
}

function outcomes(clusterId: string): IMetric[] {
  return OUTCOMES.map((outcome) => reviews(clusterId, outcome).with({ label: outcome }));
}

function percentiles(clusterId: string, name: Parameters<typeof latency>[1]): IMetric[] {
  return [Stats.p(50), Stats.p(90), Stats.p(99)].map((p) => latency(clusterId, name, p).with({ label: p }));
}
