// Reads events from CloudWatch Logs.

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
