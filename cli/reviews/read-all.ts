// Reads all reviews of a period.

import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import { shownTime } from "../times.ts";
import type { LoggedReview } from "./logged-review.ts";
import type { OpenLog } from "./options.ts";
import { readPages } from "./read-log.ts";

/** Calls `use` for each review, and `end` once: also when Ctrl-C or an error stops reading after some reviews. */
export async function readAll(
  log: OpenLog,
  use: (review: LoggedReview) => void | Promise<void>,
  end: () => Promise<void>,
  io: IOStreams,
  progress = startProgress("Reading the log: reviews", undefined, io),
): Promise<void> {
  let [count, newest]: [number, number | undefined] = [0, undefined];
  try {
    for await (const page of readPages(log.query, log.reader)) {
      for (const { review } of page) await use(review);
      count += page.length;
      newest = page.at(-1)?.review.time ?? newest;
      progress.show(count);
    }
  } catch (error) {
    progress.end();
    if (count > 0) await end();
    logTruncated(log, newest, io);
    throw error;
  }
  progress.end();
  await end();
  if (count === 0) logNone(log, io);
}

function logNone({ query }: OpenLog, io: IOStreams): void {
  const end = query.until === undefined ? "" : ` until ${shownTime(query.until)}`;
  const hint =
    query.who === undefined ? "" : " --who matches only complete ARNs, usernames, and names of IAM users and sessions.";
  io.log(`No matching reviews since ${shownTime(query.from)}${end} in ${query.logGroup}.${hint}\n`);
}

/** Warns that the printed result is incomplete, after Ctrl-C or an error. */
function logTruncated({ query }: OpenLog, newest: number | undefined, io: IOStreams): void {
  if (newest === undefined || io.closed.aborted) return;
  io.log(`Incomplete: the log was read only from ${shownTime(query.from)} to ${shownTime(newest)}.\n`);
}
