// The CloudWatch dashboard of a cluster's authenticator. It reads only free metrics and the
// function's log.

import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryWidget,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Gateway } from "../endpoint/endpoint.ts";

interface DashboardOptions {
  readonly handler: IFunction;
  readonly log: ILogGroup;
  readonly api: Gateway["api"];
  readonly alarms: readonly Alarm[];
}

/** Creates the dashboard. Without alarms, it has no widget of them. */
export function makeDashboard(
  scope: Construct,
  { handler, log, api, alarms }: DashboardOptions,
): void {
  // The fields come from functions/authenticator/http/log-review.ts.
  const query = (title: string, queryLines: string[]) =>
    new LogQueryWidget({
      title,
      logGroupNames: [log.logGroupName],
      queryLines,
      width: 24,
      height: 6,
    });
  const percentiles = [Stats.p(50), Stats.p(99)];
  new Dashboard(scope, "Dashboard").addWidgets(
    ...(alarms.length > 0
      ? [new AlarmStatusWidget({ alarms: [...alarms], width: 24, height: 3 })]
      : []),
    query("Latest denials and faults", [
      "fields @timestamp, outcome, reason, arn, username, parameter, message",
      'filter outcome in ["denied", "fault", "throttled", "caller_refused"]',
      "sort @timestamp desc",
      "limit 50",
    ]),
    query("Reviews by outcome and reason", [
      "filter ispresent(outcome)",
      "stats count(*) as reviews by outcome, reason",
      "sort reviews desc",
    ]),
    graph("Requests, 4xx and 5xx of the gateway", [
      api.metricCount(),
      api.metricClientError(),
      api.metricServerError(),
    ]),
    graph("Latency (ms)", [
      ...percentiles.map((statistic) =>
        api.metricLatency({ statistic, label: `total ${statistic}` }),
      ),
      ...percentiles.map((statistic) =>
        api.metricIntegrationLatency({ statistic, label: `function ${statistic}` }),
      ),
    ]),
    graph("Invocations, errors and throttles of the function", [
      handler.metricInvocations(),
      handler.metricErrors(),
      handler.metricThrottles(),
    ]),
    graph("Concurrency", [handler.metric("ConcurrentExecutions", { statistic: Stats.MAXIMUM })]),
  );
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12, height: 6 });
}
