// Reads sums of CloudWatch metrics.

import type { Site } from "./site.ts";

export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Since this time in milliseconds since 1970, per minute. */
export async function sumOf(
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
