// Logs Insights: StartQuery, GetQueryResults and StopQuery, with the queries that the command
// sends: `filter` with conditions on text, then `stats` with `max(@timestamp)` and `count(*)`.
// Rejects all others, since a partly understood query would return wrong rows. A query is Scheduled
// when it is first asked for, then Running with a part of its results, then Complete.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html

import { randomUUID } from "node:crypto";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { ServiceError } from "../http-server.ts";
import type { Input } from "../protocols.ts";
import { invalidParameter, pageSize, readToken, text, time, writeToken } from "./input.ts";
import { groupOf, type LogEvent, type LogGroups } from "./log-groups.ts";

interface QueryResult {
  /** A field without a value is missing from its row. */
  readonly rows: { readonly field: string; readonly value: string }[][];
  readonly matched: number;
}

interface Line {
  readonly timestamp: number;
  readonly fields: Record<string, unknown>;
}

type Condition = (fields: Record<string, unknown>) => boolean;

type Aggregate = (lines: readonly Line[]) => string;

const FIELD = "[A-Za-z_][\\w.]*";

const CONDITION = new RegExp(`^(${FIELD}) *(=|like) *"([^"\\\\]*)"$`);

const AGGREGATE = new RegExp(`^(max\\(@timestamp\\)|count\\(\\*\\)) as (${FIELD})$`);

const STATS = new RegExp(`^stats (.+) by (${FIELD}(?:, *${FIELD})*)$`);

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  "max(@timestamp)": (lines) =>
    shown(lines.reduce((most, { timestamp }) => Math.max(most, timestamp), 0)),
  "count(*)": (lines) => String(lines.length),
};

/** Returns a function that runs the query. Throws MalformedQueryException. */
function parseInsights(text: string): (events: readonly LogEvent[]) => QueryResult {
  const [filter = "", stats = "", ...more] = text.split("|").map((command) => command.trim());
  const [, conditions] = /^filter (.+)$/.exec(filter) ?? [];
  const [, aggregates, by] = STATS.exec(stats) ?? [];
  if (conditions === undefined || aggregates === undefined || by === undefined || more.length > 0)
    throw malformed(text);
  const holds = conditions.split(" and ").map((condition) => conditionOf(condition.trim(), text));
  const named = aggregates.split(",").map((aggregate) => aggregateOf(aggregate.trim(), text));
  const keys = by.split(",").map((key) => key.trim());
  return (events) => {
    const lines = events.flatMap(({ timestamp, message }): Line[] => {
      const fields = parseJson(message);
      return isObject(fields) && holds.every((hold) => hold(fields)) ? [{ timestamp, fields }] : [];
    });
    const groups = Map.groupBy(lines, ({ fields }) =>
      JSON.stringify(keys.map((key) => valueAt(fields, key) ?? null)),
    );
    const rows = [...groups].map(([group, own]) => {
      const values: (string | null)[] = JSON.parse(group);
      const known = keys.flatMap((field, i) =>
        values[i] == null ? [] : [{ field, value: values[i] }],
      );
      return [...known, ...named.map(({ field, aggregate }) => ({ field, value: aggregate(own) }))];
    });
    return { rows, matched: lines.length };
  };
}

function conditionOf(condition: string, query: string): Condition {
  const [, field = "", operator, text] = CONDITION.exec(condition) ?? [];
  if (text === undefined) throw malformed(query);
  return (fields) => {
    const value = valueAt(fields, field);
    return operator === "like" ? (value?.includes(text) ?? false) : value === text;
  };
}

function aggregateOf(text: string, query: string): { field: string; aggregate: Aggregate } {
  const [, name = "", field = ""] = AGGREGATE.exec(text) ?? [];
  const aggregate = AGGREGATES[name];
  if (aggregate === undefined) throw malformed(query);
  return { field, aggregate };
}

function valueAt(fields: Record<string, unknown>, field: string): string | undefined {
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Returns a time as the service shows `@timestamp`, in UTC. */
function shown(timestamp: number): string {
  return new Date(timestamp).toISOString().replace("T", " ").replace("Z", "");
}

function malformed(query: string): ServiceError {
  const message = `Malformed query, or not supported by this local service: ${query}`;
  return new ServiceError("MalformedQueryException", message);
}

interface Query extends QueryResult {
  readonly scanned: number;
  readonly bytes: number;
  state: "Scheduled" | "Running" | "Complete" | "Cancelled";
}

const NEXT = {
  Scheduled: "Running",
  Running: "Complete",
  Complete: "Complete",
  Cancelled: "Cancelled",
} as const;

/** Limits of a query and of a page. */
const MOST_ROWS = 100_000;
const PAGE = 10_000;

const START = ["logGroupName", "startTime", "endTime", "queryString", "limit"];

type Operation = (groups: LogGroups, input: Input) => object;

/** Returns the operations of one server, which share its queries. */
export function insights(): Readonly<Record<string, Operation>> {
  const queries = new Map<string, Query>();

  function queryOf(input: Input): Query {
    const id = text(input, "queryId", 256) ?? "";
    const query = queries.get(id);
    if (query === undefined)
      throw new ServiceError("ResourceNotFoundException", `Query with ID ${id} does not exist`);
    return query;
  }

  return {
    StartQuery(groups, input) {
      for (const name of Object.keys(input)) {
        if (!START.includes(name))
          throw invalidParameter(`This local service does not support ${name}.`);
      }
      const from = time(input, "startTime");
      const until = time(input, "endTime");
      if (from === undefined || until === undefined || from > until) {
        throw invalidParameter(
          "startTime and endTime must be seconds since 1970, and the end must not precede the start.",
        );
      }
      const run = parseInsights(text(input, "queryString", 10_000) ?? "");
      const limit = pageSize(input["limit"] ?? PAGE, MOST_ROWS);
      const events = groupOf(groups, input)().filter(({ timestamp }) => {
        return timestamp >= from * 1000 && timestamp < (until + 1) * 1000;
      });
      const { rows, matched } = run(events);
      const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
      const queryId = randomUUID();
      queries.set(queryId, {
        rows: rows.slice(0, limit),
        matched,
        scanned: events.length,
        bytes,
        state: "Scheduled",
      });
      return { queryId };
    },

    GetQueryResults(_, input) {
      const query = queryOf(input);
      const { state: status, rows, matched, scanned, bytes } = query;
      query.state = NEXT[status];
      const { nextToken: __, ...request } = input;
      const token = text(input, "nextToken", 2048);
      const at = token === undefined ? 0 : readToken(token, request);
      const end = at + pageSize(input["maxItems"] ?? PAGE, PAGE);
      const isComplete = status === "Complete";
      const results = {
        Scheduled: [],
        Running: rows.slice(0, 1),
        Complete: rows.slice(at, end),
        Cancelled: [],
      };
      const statistics = { recordsMatched: matched, recordsScanned: scanned, bytesScanned: bytes };
      return {
        status,
        results: results[status],
        statistics:
          status === "Scheduled"
            ? { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0 }
            : statistics,
        ...(isComplete && end < rows.length && { nextToken: writeToken(end, request) }),
      };
    },

    StopQuery(_, input) {
      const query = queryOf(input);
      if (query.state === "Complete" || query.state === "Cancelled") {
        throw invalidParameter(`Query with ID ${input["queryId"]} is not running.`);
      }
      query.state = "Cancelled";
      return { success: true };
    },
  };
}
