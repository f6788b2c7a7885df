// Parses and runs the queries of Logs Insights that the command sends: `filter` with conditions on text, then `stats` with
// `max(@timestamp)` and `count(*)`. Rejects all others, since a partly understood query would return wrong rows.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html

import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { ServiceError } from "../service-error.ts";
import type { LogEvent } from "./filter-log-events.ts";

export interface QueryResult {
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
  "max(@timestamp)": (lines) => shown(lines.reduce((most, { timestamp }) => Math.max(most, timestamp), 0)),
  "count(*)": (lines) => String(lines.length),
};

/** Returns a function that runs the query. Throws MalformedQueryException. */
export function parseQuery(text: string): (events: readonly LogEvent[]) => QueryResult {
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
    const groups = Map.groupBy(lines, ({ fields }) => JSON.stringify(keys.map((key) => valueAt(fields, key) ?? null)));
    const rows = [...groups].map(([group, own]) => {
      const values: (string | null)[] = JSON.parse(group);
      const known = keys.flatMap((field, i) => (values[i] == null ? [] : [{ field, value: values[i] }]));
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

/** As the service shows `@timestamp`, in UTC. */
function shown(timestamp: number): string {
  return new Date(timestamp).toISOString().replace("T", " ").replace("Z", "");
}

function malformed(query: string): ServiceError {
  const message = `Malformed query, or not supported by this local service: ${query}`;
  return new ServiceError("MalformedQueryException", message);
}
