// Reads sums of CloudWatch metrics.

import type { Site } from "./site.ts";
import { until } from "./wait.ts";

export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

const METRICS_MS = 10 * 60_000;

/** The sum since this time in milliseconds since 1970, once it is as large. */
export function sumOf(site: Site, metric: MetricName, since: number, least: number): Promise<number> {
  return until(
    site.world,
    METRICS_MS,
    () => readSum(site, metric, since),
    (sum) => sum >= least,
  );
}

/** Per minute. */
async function readSum(
  { aws, world }: Site,
  { namespace, name, dimensions }: MetricName,
  since: number,
): Promise<number> {
  const minute = 60_000;
  const { Datapoints } = await aws<{ Datapoints: { Sum: number }[] }>("cloudwatch", "get-metric-statistics", {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    StartTime: new Date(Math.floor(since / minute) * minute).toISOString(),
    EndTime: new Date(world.now() + minute).toISOString(),
    Period: 60,
    Statistics: ["Sum"],
  });
  return Datapoints.reduce((sum, { Sum }) => sum + Sum, 0);
}
