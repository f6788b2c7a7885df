// Reads the reviews of a log group, page by page. Why FilterLogEvents and not Insights: docs/decisions/0008-reviews-by-filter-log-events.md.

import { type CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { unusableAnswer } from "../aws/errors.ts";
import type { RateLimit } from "../aws/rates.ts";
import { fault, usage } from "../errors.ts";
import { filterPattern, isWanted, type LoggedReview, type ReviewFilter, readReview } from "./logged-review.ts";

export interface LogQuery extends ReviewFilter {
  /** Name or ARN. */
  readonly logGroup: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970; default: up to the newest line. */
  readonly until?: number | undefined;
}

export interface LogReader {
  readonly logs: CloudWatchLogsClient;
  readonly waitForTurn: RateLimit;
  readonly signal: AbortSignal;
}

/** Twenty minutes at the default rate, or weeks of a busy log. For more, use CloudWatch Logs Insights. */
const MOST_PAGES = 5_000;

/** A review and its unique event id, which identifies it when it is read again. */
interface ReadReview {
  readonly id: string;
  readonly review: LoggedReview;
}

const CALL = "CloudWatchLogs FilterLogEvents";

/** Oldest first; a page may be empty. */
export async function* readPages(query: LogQuery, reader: LogReader): AsyncGenerator<ReadReview[]> {
  const { logs, waitForTurn, signal } = reader;
  // The console shows ARNs with the suffix `:*`, which this call rejects.
  const isArn = query.logGroup.startsWith("arn:");
  const input = {
    ...(isArn ? { logGroupIdentifier: query.logGroup.replace(/:\*$/, "") } : { logGroupName: query.logGroup }),
    startTime: query.from,
    ...(query.until !== undefined && { endTime: query.until }),
    filterPattern: filterPattern(query),
  };
  const tokens = new Set<string>();
  let idsBefore = "";
  try {
    await waitForTurn(signal);
    const pages = paginateFilterLogEvents({ client: logs }, input, { abortSignal: signal });
    for await (const { events, nextToken } of pages) {
      if (events === undefined) throw unusableAnswer(CALL, "events is missing");
      const ids = events.map(({ eventId }) => eventId).join();
      if (ids !== "" && ids === idsBefore) throw unusableAnswer(CALL, "its pages repeat");
      idsBefore = ids;
      yield events.flatMap(({ eventId = "", message = "", timestamp = 0 }) => {
        const review = readReview(message, timestamp);
        return review !== undefined && isWanted(review, query) ? [{ id: eventId, review }] : [];
      });
      if (nextToken === undefined) return;
      if (tokens.has(nextToken)) throw unusableAnswer(CALL, "its pages repeat");
      if (tokens.add(nextToken).size > MOST_PAGES) {
        throw fault(
          `The log has more than ${MOST_PAGES} pages. Narrow the search with --since and --until, or use CloudWatch Logs Insights (docs/operate.md, Watch).`,
        );
      }
      await waitForTurn(signal);
    }
  } catch (error) {
    throw explained(error, query.logGroup, await logs.config.region());
  }
}

function explained(error: unknown, logGroup: string, region: string): unknown {
  switch (error instanceof Error && error.name) {
    case "ResourceNotFoundException":
      return usage(
        `There is no log group ${logGroup} in region ${region}. Check --log-group, --region and the account.`,
      );
    case "AccessDeniedException":
      return fault(
        `No permission to read the log: logs:FilterLogEvents on the log group ${logGroup}. The construct's grantReadReviews grants it.`,
        error,
      );
    default:
      return error;
  }
}

/** Re-read window: lines of several environments arrive late and out of order. */
const OVERLAP_MS = 30_000;

/** Yields new reviews until `pause` rejects. `clock` in milliseconds since 1970. `pause` waits between two reads. */
export async function* followReviews(
  query: LogQuery,
  reader: LogReader,
  clock: () => number,
  pause: () => Promise<void>,
): AsyncGenerator<ReadReview[]> {
  let [from, newest] = [query.from, query.from];
  let seen = new Map<string, number>();
  for (;;) {
    for await (const page of readPages({ ...query, from }, reader)) {
      const fresh = page.filter(({ id }) => !seen.has(id));
      for (const { id, review } of fresh) seen.set(id, review.time);
      // CloudWatch Logs accepts times up to two hours ahead: such a line must not hide later ones.
      for (const { review } of page) if (review.time <= clock()) newest = Math.max(newest, review.time);
      if (fresh.length > 0) yield fresh;
    }
    from = Math.max(query.from, newest - OVERLAP_MS);
    seen = new Map([...seen].filter(([, time]) => time >= from));
    await pause();
  }
}
