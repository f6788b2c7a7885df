// The alarms that roll a new version back. They notify no topic: the deployment reports the rollback.

import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { pageUrl } from "../page-url.ts";
import { metricOf } from "./metrics.ts";

/**
 * The time in which the new version receives a tenth of the requests. The sliding window covers all of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
const CANARY = Duration.minutes(10);

/** `clusterId`: also counts faults that the function reports itself. A crash or a time-out writes no metric of its own. */
export function makeNewVersionAlarms(
  scope: Construct,
  { lambda, version, aliasName }: Alias,
  clusterId?: string,
): Alarm[] {
  const { functionName } = lambda;
  const add = (id: string, what: string, metric: Metric) =>
    new Alarm(scope, id, {
      // The name contains the version, so that each version has a new alarm. An existing alarm keeps its state when it
      // is updated, and CodeDeploy starts no deployment while an alarm fires: a broken version could not be replaced.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
      alarmName: `${functionName}-${id}-${version.version}`,
      alarmDescription: `${what} CodeDeploy rolls it back if it is being deployed. What to do: ${pageUrl("docs/troubleshoot.md#newversion")}`,
      metric: metric.with({ period: CANARY }),
      threshold: 3,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  // `ExecutedVersion`: the version behind the alias.
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  const errors = new Metric({
    namespace: "AWS/Lambda",
    metricName: "Errors",
    statistic: Stats.SUM,
    dimensionsMap: {
      FunctionName: functionName,
      Resource: `${functionName}:${aliasName}`,
      ExecutedVersion: version.version,
    },
  });
  const alarms = [add("NewVersionErrors", "A version of the function crashes or times out.", errors)];
  if (clusterId === undefined) return alarms;
  const faults = metricOf("Faults", { ClusterId: clusterId, FunctionVersion: version.version });
  return [add("NewVersionFaults", "A version of the function ends reviews with a fault.", faults), ...alarms];
}
