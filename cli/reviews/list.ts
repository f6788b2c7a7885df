// `reviews list`: prints the reviews of a period, grouped with counts or one by one.

import { setTimeout } from "node:timers/promises";
import type { Command } from "commander";
import { inEachCluster, type OneOf, throwWorst, withCluster } from "../clusters.ts";
import { describe } from "../command.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { HEADERS, type HeaderOptions, isSeveral, OUTPUT, type OutputOptions, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData, printDocument } from "../terminal/print.ts";
import type { LoggedReview } from "./logged-review.ts";
import { type OpenLog, REVIEWS, type ReviewsOptions, withLog } from "./options.ts";
import { readAll } from "./read-all.ts";
import { followReviews } from "./read-log.ts";
import { groupReviews, type ReviewGroup, showGroups, showOne, whyOf } from "./show.ts";

interface ListOptions extends ReviewsOptions, OutputOptions, HeaderOptions {
  readonly each?: true;
  readonly follow?: true;
}

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Prints equal reviews as one line with a count. Times are UTC. Requires logs:FilterLogEvents on the log group and, " +
      "without --log-group, cloudformation:DescribeStacks on the stack: the construct's grantReadReviews grants both. " +
      "With --each or --follow, -o json prints one object per line.",
    examples: [
      "iam-authenticator reviews list -c prod --outcome denied --outcome fault",
      "iam-authenticator reviews list -c prod --since 1d --who arn:aws:iam::111122223333:role/Developers",
      "iam-authenticator reviews list -c prod --since 2026-11-24T16:00:00Z --each -o json",
    ],
  });
  return withOptions(command, REVIEWS, OUTPUT, HEADERS)
    .option("--each", "print each review, without counts")
    .option("-f, --follow", "print each review, and wait for new ones")
    .action((options: ListOptions) => list(options, io));
}

async function list(options: ListOptions, io: IOStreams): Promise<void> {
  if (options.follow && options.until !== undefined) throw usage("Give either --follow or --until.");
  const isNamed = isSeveral(options);
  const isEach = options.each === true || options.follow === true;
  /** With several clusters, the groups for JSON and YAML. */
  const items: object[] = [];
  const work = (one: OneOf<ListOptions>, own: IOStreams) =>
    withLog(one, own, (log) => {
      if (!isEach) return printGroups(log, one, items, own);
      const print = (text: string) => io.print(isNamed && options.output === "table" ? `${one.name}: ${text}` : text);
      return (options.follow ? follow : printEach)(log, one, { ...own, print });
    });
  const { failures } = await inEachCluster(options, io, work, {
    atOnce: options.follow ? Number.POSITIVE_INFINITY : 1,
  });
  if (isNamed && !isEach && options.output !== "table") await printData(items, options.output, io);
  throwWorst(failures);
}

/** Between two reads of the log. The account's quota is five calls a second. */
const PAUSE_MS = 2_000;

async function follow({ query, reader, prefix }: OpenLog, options: OneOf<ListOptions>, io: IOStreams): Promise<void> {
  const pause = () => setTimeout(PAUSE_MS, undefined, { signal: reader.signal });
  try {
    for await (const page of followReviews(query, reader, io.clock, pause)) {
      for (const { review } of page) await printOne(review, prefix, options, io);
    }
  } catch (error) {
    // Ctrl-C is the normal end.
    throw io.interrupted.aborted ? new Failure(EXIT.interrupted, "") : error;
  }
}

async function printEach(log: OpenLog, options: OneOf<ListOptions>, io: IOStreams): Promise<void> {
  const print = (review: LoggedReview) => printOne(review, log.prefix, options, io);
  // The lines show the progress.
  await readAll(log, print, async () => {}, io, { show() {}, end() {} });
}

async function printGroups(log: OpenLog, options: OneOf<ListOptions>, items: object[], io: IOStreams): Promise<void> {
  const groups = groupReviews();
  await readAll(log, groups.add, () => print(groups.all(), log, options, items, io), io);
  if (groups.left() > 0) {
    io.log(
      `Incomplete: ${groups.left()} reviews of further identities are left out. Narrow the search with --since, --until, --outcome or --who.\n`,
    );
  }
}

async function print(
  groups: readonly ReviewGroup[],
  { prefix }: OpenLog,
  options: OneOf<ListOptions>,
  items: object[],
  io: IOStreams,
): Promise<void> {
  if (options.output === "table") {
    if (groups.length === 0) return;
    const all = groups.map((group) => ({ review: group.last, why: whyOf(group.last, options, io), group }));
    io.print(`${isSeveral(options) ? `${options.name}\n` : ""}${showGroups(all, prefix, options.headers, io.columns)}`);
    return;
  }
  const found = groups.map(({ count, first, last }) => {
    const item = { count, first: new Date(first).toISOString(), ...reviewData(last, options, io) };
    return withCluster(options, options.name, item);
  });
  if (isSeveral(options)) items.push(...found);
  else await printData(found, options.output, io);
}

async function printOne(
  review: LoggedReview,
  prefix: string,
  options: OneOf<ListOptions>,
  io: IOStreams,
): Promise<void> {
  if (options.output === "table") io.print(showOne({ review, why: whyOf(review, options, io) }, prefix, io.columns));
  else await printDocument(withCluster(options, options.name, reviewData(review, options, io)), options.output, io);
}

function reviewData({ time, ...review }: LoggedReview, options: OneOf<ListOptions>, io: IOStreams) {
  const { explain, advice } = whyOf({ time, ...review }, options, io);
  return {
    time: new Date(time).toISOString(),
    ...review,
    ...(explain !== undefined && { explain: explain.join(" ") }),
    ...(advice !== undefined && { advice }),
  };
}
