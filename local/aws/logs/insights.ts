// StartQuery, GetQueryResults and StopQuery of Logs Insights. A query is Scheduled when it is first asked for, then Running
// with a part of its results, then Complete.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html

import { randomUUID } from "node:crypto";
import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { groupOf, type LogGroups } from "./filter-log-events.ts";
import { invalidParameter } from "./filter-pattern.ts";
import { pageSize, readToken, text, time, writeToken } from "./input.ts";
import { parseQuery, type QueryResult } from "./query.ts";

interface Query extends QueryResult {
  readonly scanned: number;
  readonly bytes: number;
  state: "Scheduled" | "Running" | "Complete" | "Cancelled";
}

const NEXT = { Scheduled: "Running", Running: "Complete", Complete: "Complete", Cancelled: "Cancelled" } as const;
/** Limits of a query and of a page. */
const [MOST_ROWS, PAGE] = [100_000, 10_000];
const START = ["logGroupName", "startTime", "endTime", "queryString", "limit"];

export type Operation = (groups: LogGroups, input: Input) => object;

/** The operations of one server, which share its queries. */
export function insights(): Readonly<Record<string, Operation>> {
  const queries = new Map<string, Query>();

  function queryOf(input: Input): Query {
    const id = text(input, "queryId", 256) ?? "";
    const query = queries.get(id);
    if (query === undefined) throw new ServiceError("ResourceNotFoundException", `Query with ID ${id} does not exist`);
    return query;
  }

  return {
    StartQuery(groups, input) {
      for (const name of Object.keys(input)) {
        if (!START.includes(name)) throw invalidParameter(`This local service does not support ${name}.`);
      }
      const [from, until] = [time(input, "startTime"), time(input, "endTime")];
      if (from === undefined || until === undefined || from > until) {
        throw invalidParameter(
          "startTime and endTime must be seconds since 1970, and the end must not precede the start.",
        );
      }
      const run = parseQuery(text(input, "queryString", 10_000) ?? "");
      const limit = pageSize(input["limit"] ?? PAGE, MOST_ROWS);
      const events = groupOf(groups, input)().filter(({ timestamp }) => {
        return timestamp >= from * 1000 && timestamp < (until + 1) * 1000;
      });
      const { rows, matched } = run(events);
      const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
      const queryId = randomUUID();
      queries.set(queryId, { rows: rows.slice(0, limit), matched, scanned: events.length, bytes, state: "Scheduled" });
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
      const statistics = { recordsMatched: matched, recordsScanned: scanned, bytesScanned: bytes };
      return {
        status,
        results: isComplete ? rows.slice(at, end) : status === "Running" ? rows.slice(0, 1) : [],
        statistics: status === "Scheduled" ? { recordsMatched: 0, recordsScanned: 0, bytesScanned: 0 } : statistics,
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
