// `reviews stats`: how many reviews, by how they ended, by identity and by hour.

import type { Command } from "commander";
import { newCommand } from "../command.ts";
import { addOutput, type OutputOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";
import { addReviews, openLog, type ReviewsOptions } from "./options.ts";
import { readWhole } from "./read-whole.ts";
import { showStats } from "./show-stats.ts";
import { countReviews } from "./stats.ts";

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
  const print = () => {
    if (options.output !== "table") printData(counter.stats(), options.output, io);
    else io.print(showStats(counter.stats(), io.columns));
  };
  try {
    await readWhole(log, counter.add, print, io);
  } catch (error) {
    if (!io.closed.aborted) throw error;
  } finally {
    log.close();
  }
}
