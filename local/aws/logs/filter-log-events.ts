// FilterLogEvents: returns pages of log events that match a pattern, within the service's limits.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html

import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { invalidParameter, parseFilterPattern } from "./filter-pattern.ts";
import { pageSize, readToken, text, time, writeToken } from "./input.ts";

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** Functions that return the events of each group, oldest first; called for each request. */
export type LogGroups = Readonly<Record<string, () => readonly LogEvent[]>>;

const MOST_EVENTS = 10_000;
const PAGE_BYTES = 1024 * 1024;
/** Overhead per event in PutLogEvents: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const EVENT_BYTES = 26;
/**
 * How many events one call searches. The real service returns after an undocumented amount, so a short or empty page may
 * still have a token.
 */
const SEARCHED = 20_000;
const MEMBERS = ["logGroupName", "startTime", "endTime", "filterPattern", "nextToken", "limit"];

export function filterLogEvents(groups: LogGroups, input: Input): object {
  for (const name of Object.keys(input)) {
    if (!MEMBERS.includes(name)) throw invalidParameter(`This local service does not support ${name}.`);
  }
  const group = groupOf(groups, input);
  const [from, until] = [time(input, "startTime") ?? 0, time(input, "endTime") ?? Number.POSITIVE_INFINITY];
  const matches = parseFilterPattern(text(input, "filterPattern", 1024) ?? "");
  const limit = pageSize(input["limit"] ?? MOST_EVENTS, MOST_EVENTS);

  const { nextToken: _, ...request } = input;
  const token = text(input, "nextToken", 2048);
  const start = token === undefined ? 0 : readToken(token, request);
  const all = group();
  const events: object[] = [];
  let bytes = 0;
  let at = start;
  for (; at < all.length && at < start + SEARCHED && events.length < limit; at += 1) {
    const event = all[at];
    if (event === undefined || event.timestamp < from || event.timestamp > until || !matches(event.message)) continue;
    const shown = {
      logStreamName: "local",
      ...event,
      ingestionTime: event.timestamp,
      eventId: String(at).padStart(56, "0"),
    };
    bytes += Buffer.byteLength(event.message) + EVENT_BYTES;
    if (bytes > PAGE_BYTES) break;
    events.push(shown);
  }
  return { events, searchedLogStreams: [], ...(at < all.length && { nextToken: writeToken(at, request) }) };
}

/** The function that returns the events of the group. */
export function groupOf(groups: LogGroups, input: Input): LogGroups[string] {
  const name = text(input, "logGroupName", 512, /^[\w./#-]+$/) ?? "";
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (group !== undefined) return group;
  throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
}
