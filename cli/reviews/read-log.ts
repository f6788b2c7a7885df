// Reading the reviews of a log group, page by page. FilterLogEvents and not Insights: docs/decisions/0008-reviews-by-filter-log-events.md.

import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { RateLimit } from "../aws/rate-limit.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { type LoggedReview, readReview } from "./logged-review.ts";
import { filterPattern, isWanted, type ReviewFilter } from "./review-filter.ts";

export interface LogQuery extends ReviewFilter {
  /** Name or ARN. */
  readonly logGroup: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** Milliseconds since 1970; without it, up to the newest line. */
  readonly until?: number | undefined;
}

export interface LogReader {
  readonly logs: CloudWatchLogsClient;
  readonly waitForTurn: RateLimit;
  readonly signal: AbortSignal;
}

/** A review, and what tells it from every other one, for a reader who asks for the same time twice. */
export interface ReadReview {
  readonly id: string;
  readonly review: LoggedReview;
}

/** Oldest first; a page may be empty. */
export async function* readPages(query: LogQuery, reader: LogReader): AsyncGenerator<ReadReview[]> {
  const { logs, waitForTurn, signal } = reader;
  // The console shows an ARN with `:*` behind it, which this call does not take.
  const isArn = query.logGroup.startsWith("arn:");
  const command = {
    ...(isArn ? { logGroupIdentifier: query.logGroup.replace(/:\*$/, "") } : { logGroupName: query.logGroup }),
    startTime: query.from,
    ...(query.until !== undefined && { endTime: query.until }),
    filterPattern: filterPattern(query),
  };
  let nextToken: string | undefined;
  do {
    await waitForTurn(signal);
    const page = await send(logs, new FilterLogEventsCommand({ ...command, nextToken }), query.logGroup, signal);
    yield (page.events ?? []).flatMap((event) => readEvent(event, query));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

async function send(
  logs: CloudWatchLogsClient,
  command: FilterLogEventsCommand,
  logGroup: string,
  signal: AbortSignal,
) {
  try {
    return await logs.send(command, { abortSignal: signal });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === "ResourceNotFoundException") {
      const region = await logs.config.region();
      throw usage(
        `There is no log group ${logGroup} in region ${region}. Check --log-group, --region and the account.`,
      );
    }
    if (error.name === "AccessDeniedException") {
      const message = `No permission to read the log: logs:FilterLogEvents on the log group ${logGroup}. The construct's grantReadReviews gives it.`;
      throw new Failure(EXIT.fault, message, { cause: error });
    }
    throw error;
  }
}

function readEvent(
  { eventId = "", message = "", timestamp = 0 }: FilteredLogEvent,
  filter: ReviewFilter,
): ReadReview[] {
  const review = readReview(message, timestamp);
  return review !== undefined && isWanted(review, filter) ? [{ id: eventId, review }] : [];
}
