// Runs one query of CloudWatch Logs Insights on the function's log, and stops it on Ctrl-C.

import {
  type CloudWatchLogsClient,
  GetQueryResultsCommand,
  StartQueryCommand,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { fault } from "../errors.ts";
import type { OpenLog } from "../reviews/options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";

/** Values by field. A field without a value is missing. */
export type Row = Readonly<Record<string, string>>;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html */
export const MOST_ROWS = 100_000;

const POLL_MS = 1_000;
/** Ctrl-C must not wait long for a network that fails. */
const STOP_LIMIT_MS = 5_000;

/** At most `MOST_ROWS`. */
export async function runQuery({ query, reader }: OpenLog, queryString: string, io: IOStreams): Promise<Row[]> {
  const { logs, signal } = reader;
  // The console shows ARNs with the suffix `:*`, which this call rejects.
  const isArn = query.logGroup.startsWith("arn:");
  const command = new StartQueryCommand({
    ...(isArn ? { logGroupIdentifiers: [query.logGroup.replace(/:\*$/, "")] } : { logGroupName: query.logGroup }),
    startTime: Math.floor(query.from / 1000),
    endTime: Math.ceil(io.clock() / 1000),
    queryString,
    limit: MOST_ROWS,
  });
  const { queryId } = await logs.send(command, { abortSignal: signal });
  try {
    return await resultsOf(queryId, logs, signal, io);
  } catch (error) {
    // Without this, the query would run to its end. The service refuses to stop one that has ended.
    const stop = new StopQueryCommand({ queryId });
    await logs.send(stop, { abortSignal: AbortSignal.timeout(STOP_LIMIT_MS) }).catch(() => {});
    throw error;
  }
}

async function resultsOf(
  queryId: string | undefined,
  logs: CloudWatchLogsClient,
  signal: AbortSignal,
  io: IOStreams,
): Promise<Row[]> {
  const progress = startProgress("Searching the log: lines", undefined, io);
  const rows: Row[] = [];
  let nextToken: string | undefined;
  try {
    for (;;) {
      const page = await logs.send(new GetQueryResultsCommand({ queryId, nextToken }), { abortSignal: signal });
      const { status, results, statistics } = page;
      // The service ends a query after an hour, with the status Timeout.
      if (status === "Scheduled" || status === "Running") {
        progress.show(statistics?.recordsScanned ?? 0);
        await io.sleep(POLL_MS, signal);
        continue;
      }
      if (status !== "Complete" || results === undefined) {
        const message = `CloudWatch Logs did not complete the query: its status is ${status ?? "missing"}. Use a later --since.`;
        throw fault(message);
      }
      rows.push(...results.map((fields) => Object.fromEntries(fields.map(({ field, value }) => [field, value]))));
      nextToken = page.nextToken;
      if (nextToken === undefined || results.length === 0 || rows.length >= MOST_ROWS) return rows;
    }
  } finally {
    progress.end();
  }
}
