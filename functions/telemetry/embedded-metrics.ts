// Metrics of a request as a line that CloudWatch Logs turns into metrics by itself: the embedded metric format (EMF).

const NAMESPACE = "LambdaIamAuthenticator";

export interface RequestMetrics {
  /** The name that counts requests, by cluster and by cluster and outcome. */
  readonly requests: string;
  /** By name: each time that was measured; a name without any is left out. */
  readonly milliseconds: Readonly<Record<string, readonly number[]>>;
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * One line of JSON. Its directive is text that is remembered: it is two thirds of the line, and always one of a few.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(
  { requests, milliseconds, counts }: RequestMetrics,
  clusterId: string,
  outcome: string,
  now: number,
): string {
  const values: Record<string, unknown> = { ClusterId: clusterId, Outcome: outcome, [requests]: 1 };
  const measured: string[] = [];
  for (const [name, times] of Object.entries(milliseconds)) {
    if (times.length === 0) continue;
    measured.push(name);
    values[name] = times.length === 1 ? times[0] : times;
  }
  Object.assign(values, counts);
  const directive = rememberedDirective(requests, measured, Object.keys(counts));
  return `{"_aws":{"Timestamp":${now},"CloudWatchMetrics":${directive}},${JSON.stringify(values).slice(1)}`;
}

const directives = new Map<string, string>();

function rememberedDirective(requests: string, milliseconds: readonly string[], counts: readonly string[]): string {
  const key = [requests, milliseconds, counts].join("/");
  let text = directives.get(key);
  if (text === undefined) {
    text = JSON.stringify([
      {
        Namespace: NAMESPACE,
        Dimensions: [["ClusterId"], ["ClusterId", "Outcome"]],
        Metrics: [{ Name: requests, Unit: "Count" }],
      },
      {
        Namespace: NAMESPACE,
        Dimensions: [["ClusterId"]],
        Metrics: [
          ...milliseconds.map((Name) => ({ Name, Unit: "Milliseconds" })),
          ...counts.map((Name) => ({ Name, Unit: "Count" })),
        ],
      },
    ]);
    directives.set(key, text);
  }
  return text;
}
