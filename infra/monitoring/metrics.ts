// The metrics that the functions write (functions/telemetry/metrics.ts), as CDK metrics.

import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { type Dimension, type MetricName, NAMESPACE } from "../../functions/telemetry/metrics.ts";

export function metricOf(metricName: MetricName, dimensionsMap: Partial<Record<Dimension, string>>): Metric {
  // Has no label, which would turn an alarm's metric into metric math.
  return new Metric({
    namespace: NAMESPACE,
    metricName,
    statistic: Stats.SUM,
    dimensionsMap,
    period: Duration.minutes(1),
  });
}
