// Formats the metrics of a request in the embedded metric format (EMF), which CloudWatch Logs turns into metrics.

import type { EpochMs } from "../lib/deadline.ts";

const NAMESPACE = "LambdaIamAuthenticator";

export interface RequestMetrics {
  /** Name of the metric that counts requests, by cluster and by outcome. */
  readonly requests: string;
  /** Durations by metric. A metric without durations is omitted. */
  readonly milliseconds: Readonly<Record<string, readonly number[]>>;
  readonly counts: Readonly<Record<string, number>>;
  /** The version behind the alias. If set, requests are also counted by version and outcome. */
  readonly version: string | undefined;
}

/** Outcomes that alarms compare between versions. Each further one would be an unused metric that costs money. */
const COMPARED: readonly string[] = ["granted", "denied", "served", "fault"];

/**
 * One line of JSON. The directive is cached as text: it is two thirds of the line, and there are only a few.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(
  { requests, milliseconds, counts, version }: RequestMetrics,
  clusterId: string,
  outcome: string,
  now: EpochMs,
): string {
  const byVersion = version !== undefined && COMPARED.includes(outcome);
  const values: Record<string, unknown> = {
    ClusterId: clusterId,
    ...(byVersion && { FunctionVersion: version }),
    Outcome: outcome,
    [requests]: 1,
  };
  const measured: string[] = [];
  for (const [name, times] of Object.entries(milliseconds)) {
    if (times.length === 0) continue;
    measured.push(name);
    values[name] = times.length === 1 ? times[0] : times;
  }
  Object.assign(values, counts);
  const directive = rememberedDirective(requests, measured, Object.keys(counts), byVersion);
  return `{"_aws":{"Timestamp":${now},"CloudWatchMetrics":${directive}},${JSON.stringify(values).slice(1)}`;
}

const directives = new Map<string, string>();

function rememberedDirective(
  requests: string,
  milliseconds: readonly string[],
  counts: readonly string[],
  byVersion: boolean,
): string {
  const key = [requests, milliseconds, counts, byVersion].join("/");
  let text = directives.get(key);
  if (text === undefined) {
    text = JSON.stringify([
      {
        Namespace: NAMESPACE,
        Dimensions: [
          ["ClusterId"],
          ["ClusterId", "Outcome"],
          ...(byVersion ? [["ClusterId", "FunctionVersion", "Outcome"]] : []),
        ],
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
