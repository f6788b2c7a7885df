// FilterLogEvents and DescribeLogGroups: pages of log events that match a pattern, and of log
// groups, within the service's limits.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html

import { ServiceError } from "../http-server.ts";
import type { Input } from "../protocols.ts";
import { parseFilterPattern } from "./filter-pattern.ts";
import { invalidParameter, pageSize, readToken, text, time, writeToken } from "./input.ts";

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly message: string;
}

/** Functions that return the events of each group, oldest first; called for each request. */
export type LogGroups = Readonly<Record<string, () => readonly LogEvent[]>>;

const MOST_EVENTS = 10_000;

const PAGE_BYTES = 1024 * 1024;

/**
 * Overhead per event in PutLogEvents:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
 */
const EVENT_BYTES = 26;

/**
 * How many events one call searches. The real service returns after an undocumented amount, so a
 * short or empty page may still have a token.
 */
const SEARCHED = 20_000;

/** `interleaved`, of `aws logs tail`, has no effect: results are always interleaved. */
const MEMBERS = [
  ...["logGroupName", "startTime", "endTime", "filterPattern", "nextToken", "limit"],
  "interleaved",
];

export function filterLogEvents(groups: LogGroups, input: Input): object {
  for (const name of Object.keys(input)) {
    if (!MEMBERS.includes(name))
      throw invalidParameter(`This local service does not support ${name}.`);
  }
  const group = groupOf(groups, input);
  const from = time(input, "startTime") ?? 0;
  const until = time(input, "endTime") ?? Number.POSITIVE_INFINITY;
  const matches = parseFilterPattern(text(input, "filterPattern", 1024) ?? "");
  const limit = pageSize(input["limit"] ?? MOST_EVENTS, MOST_EVENTS);

  const { nextToken: _, ...request } = input;
  const token = text(input, "nextToken", 2048);
  const start = token === undefined ? 0 : readToken(token, request);
  const all = group();
  const isWanted = ({ timestamp, message }: LogEvent) =>
    timestamp >= from && timestamp <= until && matches(message);
  const { events, next } = readPage(all, start, limit, isWanted);
  return {
    events,
    searchedLogStreams: [],
    ...(next < all.length && { nextToken: writeToken(next, request) }),
  };
}

/** Returns the wanted events of one page, and the position at which the next page begins. */
function readPage(
  all: readonly LogEvent[],
  start: number,
  limit: number,
  isWanted: (event: LogEvent) => boolean,
): { readonly events: readonly object[]; readonly next: number } {
  const end = Math.min(all.length, start + SEARCHED);
  const events: object[] = [];
  let bytes = 0;
  let at = start;
  for (; at < end && events.length < limit; at += 1) {
    const event = all[at];
    if (event === undefined || !isWanted(event)) continue;
    bytes += Buffer.byteLength(event.message) + EVENT_BYTES;
    if (bytes > PAGE_BYTES) break;
    const eventId = String(at).padStart(56, "0");
    events.push({ logStreamName: "local", ...event, ingestionTime: event.timestamp, eventId });
  }
  return { events, next: at };
}

/** Returns the function that returns the events of the group. */
export function groupOf(groups: LogGroups, input: Input): LogGroups[string] {
  const name = text(input, "logGroupName", 512, /^[\w./#-]+$/) ?? "";
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (group !== undefined) return group;
  throw new ServiceError("ResourceNotFoundException", "The specified log group does not exist.");
}

export interface LogGroupProperties {
  /** Milliseconds since 1970; default 0. */
  readonly creationTime?: number;
  /** Default: events never expire. */
  readonly retentionInDays?: number;
}

const MOST = 50;

export function describeLogGroups(
  groups: LogGroups,
  properties: Readonly<Record<string, LogGroupProperties>>,
  input: Input,
): object {
  for (const name of Object.keys(input)) {
    if (name !== "logGroupNamePrefix")
      throw invalidParameter(`This local service does not support ${name}.`);
  }
  const prefix = text(input, "logGroupNamePrefix", 512) ?? "";
  const names = Object.keys(groups).filter((name) => name.startsWith(prefix));
  return {
    logGroups: names
      .sort()
      .slice(0, MOST)
      .map((logGroupName) => ({
        logGroupName,
        creationTime: 0,
        storedBytes: 0,
        ...properties[logGroupName],
      })),
  };
}
