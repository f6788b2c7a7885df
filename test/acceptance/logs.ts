// Reads events from CloudWatch Logs, and sums of CloudWatch metrics.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { Aws } from "./aws.ts";
import type { Site } from "./site.ts";
import { until } from "./wait.ts";

export interface LogEvent {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly message: string;
}

/** CloudWatch Logs has an event within seconds, rarely minutes. */
export const LOGS_MS = 3 * 60_000;
/** This machine's clock may be ahead of AWS's. */
const SKEW_MS = 60_000;

export async function eventsOf(aws: Aws, logGroupName: string, since: number): Promise<readonly LogEvent[]> {
  const startTime = since - SKEW_MS;
  const { events } = await aws<{ events: LogEvent[] }>("logs", "filter-log-events", { logGroupName, startTime });
  return events;
}

/** The events that are JSON objects. */
async function jsonEvents(aws: Aws, logGroupName: string, since: number): Promise<Record<string, unknown>[]> {
  const events = await eventsOf(aws, logGroupName, since);
  return events.map(({ message }) => parseJson(message)).filter(isObject);
}

/** The access log's entries of a stack with these statuses, once there are enough. */
export async function accessEntries(
  { aws, world, stacks }: Site,
  stack: string,
  { since, statuses, least }: { readonly since: number; readonly statuses: RegExp; readonly least: number },
): Promise<Record<string, unknown>[]> {
  const resources = await stacks.resources(stack);
  const group = resources.find(({ PhysicalResourceId }) => PhysicalResourceId.startsWith("/aws/vendedlogs/"));
  if (group === undefined) throw new Error("the stack has no access log");
  const look = async () =>
    (await jsonEvents(aws, group.PhysicalResourceId, since)).filter(({ status }) => statuses.test(String(status)));
  return until(world, LOGS_MS, look, (entries) => entries.length >= least);
}

interface MetricName {
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
