// Reads events from CloudWatch Logs, and sums of CloudWatch metrics.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { Aws } from "./aws.ts";
import type { Site } from "./site.ts";
import { until } from "./world.ts";

export interface LogEvent {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly message: string;
}

/** CloudWatch Logs has an event within seconds, rarely minutes. */
export const LOGS_MS = 3 * 60_000;
/** This machine's clock may be ahead of AWS's. */
const SKEW_MS = 60_000;

export async function eventsOf(
  aws: Aws,
  logGroupName: string,
  since: number,
): Promise<readonly LogEvent[]> {
  const startTime = since - SKEW_MS;
  const { events } = await aws<{ events: LogEvent[] }>("logs", "filter-log-events", {
    logGroupName,
    startTime,
  });
  return events;
}

export function objectsIn(events: readonly LogEvent[]): Record<string, unknown>[] {
  return events.map(({ message }) => parseJson(message)).filter(isObject);
}

/** The access log's entries of a stack with these statuses, once there are enough. */
export async function accessEntries(
  { aws, world, stacks }: Site,
  stack: string,
  {
    since,
    statuses,
    least,
  }: { readonly since: number; readonly statuses: RegExp; readonly least: number },
): Promise<Record<string, unknown>[]> {
  const resources = await stacks.resources(stack);
  const group = resources.find(({ PhysicalResourceId }) =>
    PhysicalResourceId.startsWith("/aws/vendedlogs/"),
  );
  if (group === undefined) throw new Error("the stack has no access log");
  const look = async () => {
    const entries = objectsIn(await eventsOf(aws, group.PhysicalResourceId, since));
    return entries.filter(({ status }) => statuses.test(String(status)));
  };
  return until(world, LOGS_MS, look, (entries) => entries.length >= least);
}

const QUERY_MS = 5 * 60_000;

/** The pages of a Logs Insights query over a log group since a time, by their numbers of lines. */
export async function pagesOf(
  { aws, world }: Site,
  logGroupName: string,
  since: number,
): Promise<readonly number[]> {
  const seconds = (ms: number) => Math.floor(ms / 1000);
  const range = { startTime: seconds(since - SKEW_MS), endTime: seconds(world.now() + SKEW_MS) };
  const started = { logGroupName, ...range, queryString: "fields @message", limit: 100_000 };
  const { queryId } = await aws<{ queryId: string }>("logs", "start-query", started);
  type Page = {
    readonly status: string;
    readonly results: readonly unknown[];
    readonly nextToken?: string;
  };
  const read = (nextToken?: string) =>
    aws<Page>("logs", "get-query-results", {
      queryId,
      ...(nextToken !== undefined && { nextToken }),
    });
  const hasEnded = ({ status }: { status: string }) => !["Scheduled", "Running"].includes(status);
  let page = await until(world, QUERY_MS, () => read(), hasEnded);
  const sizes = [page.results.length];
  while (page.nextToken !== undefined && page.results.length > 0) {
    page = await read(page.nextToken);
    sizes.push(page.results.length);
  }
  return sizes;
}

const METRICS_MS = 10 * 60_000;
const MINUTE = 60_000;

/** The sum since this time in milliseconds since 1970, once it is as large. */
export function sumOf(
  { aws, world }: Site,
  Namespace: string,
  MetricName: string,
  dimensions: Readonly<Record<string, string>>,
  since: number,
  least: number,
): Promise<number> {
  const look = async () => {
    const { Datapoints } = await aws<{ Datapoints: { Sum: number }[] }>(
      "cloudwatch",
      "get-metric-statistics",
      {
        ...{ Namespace, MetricName, Period: 60, Statistics: ["Sum"] },
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(Math.floor(since / MINUTE) * MINUTE).toISOString(),
        EndTime: new Date(world.now() + MINUTE).toISOString(),
      },
    );
    return Datapoints.reduce((sum, { Sum }) => sum + Sum, 0);
  };
  return until(world, METRICS_MS, look, (sum) => sum >= least);
}
