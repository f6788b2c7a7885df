// New reviews as they come, each once: the log is asked again and again for what is newer than the last line.

import { type LogQuery, type LogReader, type ReadReview, readPages } from "./read-log.ts";

/** Lines of several environments arrive out of order, and some of them late: so far back the log is read again. */
const OVERLAP_MS = 30_000;

/** Never ends by itself. `clock` in milliseconds since 1970. `pause` waits between two looks, and rejects when the reader is to stop. */
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
      // CloudWatch Logs takes lines dated up to two hours ahead: one of them must not hide the lines that come after it.
      for (const { review } of page) if (review.time <= clock()) newest = Math.max(newest, review.time);
      if (fresh.length > 0) yield fresh;
    }
    from = Math.max(query.from, newest - OVERLAP_MS);
    seen = new Map([...seen].filter(([, time]) => time >= from));
    await pause();
  }
}
