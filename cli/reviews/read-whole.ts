// Reading all that a log has of a time, for a result that is printed at the end.

import type { IOStreams } from "../terminal/io-streams.ts";
import { startProgress } from "../terminal/progress.ts";
import { type LoggedReview, shownTime } from "./logged-review.ts";
import type { OpenLog } from "./options.ts";
import { readPages } from "./read-log.ts";

/** `print` is called once, also where Ctrl-C or AWS ends the reading after some of them. */
export async function readWhole(
  log: OpenLog,
  add: (review: LoggedReview) => void,
  print: () => Promise<void>,
  io: IOStreams,
): Promise<void> {
  const progress = startProgress("Reading the log: reviews", undefined, io);
  let [count, newest]: [number, number | undefined] = [0, undefined];
  try {
    for await (const page of readPages(log.query, log.reader)) {
      for (const { review } of page) add(review);
      count += page.length;
      newest = page.at(-1)?.review.time ?? newest;
      progress.show(count);
    }
  } catch (error) {
    progress.end();
    if (count > 0) await print();
    tellTruncated(log, newest, io);
    throw error;
  }
  progress.end();
  await print();
  if (count === 0) tellNone(log, io);
}

export function tellNone({ query }: OpenLog, io: IOStreams): void {
  const end = query.until === undefined ? "" : ` until ${shownTime(query.until)}`;
  const hint = query.who === undefined ? "" : " --who finds whole ARNs and usernames.";
  io.tell(`No such reviews since ${shownTime(query.from)}${end} in ${query.logGroup}.${hint}\n`);
}

/** For a read that Ctrl-C or AWS ended: nobody may take what was printed for the whole. */
export function tellTruncated({ query }: OpenLog, newest: number | undefined, io: IOStreams): void {
  if (newest === undefined || io.closed.aborted) return;
  io.tell(`This is not all: the log was read from ${shownTime(query.from)} to ${shownTime(newest)} only.\n`);
}
