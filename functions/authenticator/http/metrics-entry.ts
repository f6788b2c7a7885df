// The metrics of a review, as a line that CloudWatch Logs turns into metrics by itself.

import type { AuthenticatorError } from "../../errors.ts";
import type { Outcome, ReviewRecord, Stage } from "../review/record.ts";

const NAMESPACE = "LambdaIamAuthenticator";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export function metricsEntry(
  record: ReviewRecord,
  outcome: Outcome,
  error: AuthenticatorError | undefined,
  clusterId: string,
  now: number,
) {
  const latencies = {
    Latency: [now - record.startedAt],
    StsLatency: asked(record, "identity"),
    SsmLatency: [...asked(record, "caller"), ...asked(record, "mapping")],
  };
  const counts = {
    StsThrottled: error?.outcome === "throttled" ? 1 : 0,
    InvalidMappings: record.invalidMappings,
    StaleReads: record.staleReads,
    ColdStart: record.coldStart ? 1 : 0,
  };
  const measured = Object.entries(latencies).filter(([, values]) => values.length > 0);
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [["ClusterId"], ["ClusterId", "Outcome"]],
          Metrics: [{ Name: "Reviews", Unit: "Count" }],
        },
        {
          Namespace: NAMESPACE,
          Dimensions: [["ClusterId"]],
          Metrics: [
            ...measured.map(([Name]) => ({ Name, Unit: "Milliseconds" })),
            ...Object.keys(counts).map((Name) => ({ Name, Unit: "Count" })),
          ],
        },
      ],
    },
    ClusterId: clusterId,
    Outcome: outcome,
    Reviews: 1,
    ...Object.fromEntries(measured.map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
    ...counts,
  };
}

/** The time of a stage whose service was asked; none when a cache answered, or when the stage was not reached. */
function asked({ ms, cached }: ReviewRecord, stage: Stage): number[] {
  const time = cached[stage] === false ? ms[stage] : undefined;
  return time === undefined ? [] : [time];
}
