// Reads events from CloudWatch Logs.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { Aws } from "./aws.ts";

export interface LogEvent {
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly message: string;
}

/** This machine's clock may be ahead of AWS's. */
const SKEW_MS = 60_000;

export async function eventsOf(aws: Aws, logGroupName: string, since: number): Promise<readonly LogEvent[]> {
  const startTime = since - SKEW_MS;
  const { events } = await aws<{ events: LogEvent[] }>("logs", "filter-log-events", { logGroupName, startTime });
  return events;
}

/** The events that are JSON objects. */
export async function jsonEvents(aws: Aws, logGroupName: string, since: number): Promise<Record<string, unknown>[]> {
  const events = await eventsOf(aws, logGroupName, since);
  return events.map(({ message }) => parseJson(message)).filter(isObject);
}
