// Metrics of a request as a line that CloudWatch Logs turns into metrics by itself: the embedded metric format (EMF).

const NAMESPACE = "LambdaIamAuthenticator";

export interface RequestMetrics {
  /** The name that counts requests, by cluster and by cluster and outcome. */
  readonly requests: string;
  /** By name: each time that was measured; a name without any is left out. */
  readonly milliseconds: Readonly<Record<string, readonly number[]>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
export function embeddedMetrics(
  { requests, milliseconds, counts }: RequestMetrics,
  clusterId: string,
  outcome: string,
  now: number,
) {
  const measured = Object.entries(milliseconds).filter(([, values]) => values.length > 0);
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          Dimensions: [["ClusterId"], ["ClusterId", "Outcome"]],
          Metrics: [{ Name: requests, Unit: "Count" }],
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
    [requests]: 1,
    ...Object.fromEntries(measured.map(([name, values]) => [name, values.length === 1 ? values[0] : values])),
    ...counts,
  };
}
