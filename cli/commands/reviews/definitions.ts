// The command `reviews list`, which `reviews` runs too.

import { type Command, Option } from "commander";
import { clustersOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { HEADERS, type OptionGroup, readWhole, withOptions } from "../../cmdline/options.ts";
import { REVIEWS } from "../../cmdline/review-options.ts";
import type { Run } from "../../io/run.ts";

export function listCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Prints equal reviews as one line with a count. Times are UTC. Requires logs:FilterLogEvents on the log group and, " +
      "without --log-group, cloudformation:DescribeStacks on the stack: the construct's grantReadReviews grants both. " +
      "With --each or --follow, -o json prints one object per line.\n\n" +
      "Outcomes: granted; denied; not_ours (a token of another authenticator, such as a ServiceAccount's); throttled (by " +
      "STS); fault (the function or AWS failed); bad_request (no TokenReview); caller_refused (not one of the callers). A " +
      "check by doctor is marked, by its User-Agent, which any client can send.",
    examples: [
      "reviews list -c prod --outcome denied --outcome fault",
      "reviews list -c prod --since 1d --who arn:aws:iam::111122223333:role/Developers",
      "reviews list -c prod --since 2026-11-24T16:00:00Z --each -o json",
    ],
  });
  return withOptions(command, REVIEWS, OUTPUT, HEADERS)
    .addOption(
      new Option("--limit <n>", "print only the newest lines of each cluster")
        .argParser(readWhole)
        .conflicts("follow"),
    )
    .option("--each", "print each review, without counts")
    .option("-f, --follow", "print each review, and wait for new ones")
    .action(async (options) => {
      const clusters = await clustersOf(command, run);
      const { list } = await import("./list.ts");
      await list(clusters, options, run);
    });
}

const OUTPUT: OptionGroup = [
  new Option("-o, --output <format>", "output format")
    .choices(["table", "csv", "json", "yaml"])
    .default("table"),
];
