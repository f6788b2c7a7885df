// `reviews stats`: how many reviews, by how they ended, by identity and by hour.

import type { Command } from "commander";
import { newCommand } from "../../command.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { printData } from "../../io/print.ts";
import { startProgress } from "../../io/progress.ts";
import { addOutput, type OutputOptions } from "../../options.ts";
import { readPages } from "../../reviews/read-log.ts";
import { showStats } from "../../reviews/show-stats.ts";
import { countReviews } from "../../reviews/stats.ts";
import { tellTruncated } from "./list.ts";
import { addReviews, openLog, type ReviewsOptions } from "./options.ts";

type StatsOptions = ReviewsOptions & OutputOptions;

export function statsCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "stats",
    summary: "count reviews by outcome, identity and hour",
    details:
      "Reads every review of the time: a day of a busy cluster takes a minute or more. For weeks, use the saved queries of " +
      "CloudWatch Logs Insights that the stack makes.",
    examples: [
      "iam-authenticator reviews stats -c prod --since 1d",
      "iam-authenticator reviews stats -c prod --outcome denied -o json",
    ],
  });
  return addOutput(addReviews(command)).action((options: StatsOptions) => stats(options, io));
}

async function stats(options: StatsOptions, io: IOStreams): Promise<void> {
  const log = await openLog(options, io, AbortSignal.any([io.interrupted, io.closed]));
  const counter = countReviews();
  const progress = startProgress("Reading the log: reviews", undefined, io);
  let [count, newest]: [number, number | undefined] = [0, undefined];
  const print = () => {
    progress.end();
    const counted = counter.stats();
    if (options.output !== "table") printData(counted, options.output, io);
    else io.print(showStats(counted, io.columns));
  };
  try {
    for await (const page of readPages(log.query, log.reader)) {
      for (const { review } of page) counter.add(review);
      count += page.length;
      newest = page.at(-1)?.review.time ?? newest;
      progress.show(count);
    }
  } catch (error) {
    if (io.closed.aborted) return;
    if (count > 0) print();
    tellTruncated(log, newest, io);
    throw error;
  } finally {
    log.close();
  }
  print();
}
