// `reviews list`: lists granted and denied logins.

import { setTimeout } from "node:timers/promises";
import { followReviews, type LoggedReview } from "../../aws/review-log.ts";
import type { ChosenCluster, Clusters } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import {
  type OpenLog,
  type ReviewsOptions,
  readReviews,
  withLog,
} from "../../cmdline/review-log.ts";
import { EXIT, Failure, usage } from "../../io/errors.ts";
import {
  csv,
  type HeaderOptions,
  type OutputFormat,
  oneLine,
  printable,
  printData,
  printDocument,
} from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { groupReviews, type ReviewGroup } from "./groups.ts";
import { cells, csvCells, csvHeaders, showGroups, showNarrow, whyOf } from "./show.ts";

interface ListOptions extends ReviewsOptions, HeaderOptions {
  readonly output: OutputFormat | "csv";
  /** The number of lines; of all clusters together. */
  readonly limit?: number;
  readonly each?: true;
  readonly follow?: true;
}

/** What is listed: the log of one cluster, among others. */
interface Listing {
  readonly cluster: ChosenCluster;
  readonly clusters: Clusters;
  readonly options: ListOptions;
}

/** Returns the name of the cluster, if there are several. */
function nameIn({ cluster, clusters }: Listing): string | undefined {
  return clusters.isSeveral ? cluster.name : undefined;
}

export async function list(clusters: Clusters, options: ListOptions, run: Run): Promise<void> {
  const { each = false, follow: follows = false, until, output } = options;
  if (follows && until !== undefined) throw usage("Give either --follow or --until.");
  const { isSeveral } = clusters;
  const groups = groupPrinter(isSeveral, options, run);
  if (output === "csv" && options.headers)
    run.print(csv([csvHeaders(!each && !follows, isSeveral)]));
  async function listOne(cluster: ChosenCluster, ownRun: Run): Promise<void> {
    const listing = { cluster, clusters, options };
    // The lines of several logs are mixed.
    const print = (text: string) =>
      run.print(isSeveral && output === "table" ? `${cluster.name}: ${text}` : text);
    await withLog({ cluster, isSeveral }, options, ownRun, (log) => {
      if (follows) return follow(log, listing, { ...ownRun, print });
      return each
        ? printEach(log, listing, { ...ownRun, print })
        : groups.print(log, listing, ownRun);
    });
  }
  const { failures } = await inEachCluster(clusters, run, listOne, {
    atOnce: follows ? Number.POSITIVE_INFINITY : 1,
  });
  if (!each && !follows) await groups.end();
  throwWorst(failures);
}

/** The wait between two reads of the log. The account's quota is five calls a second. */
const PAUSE_MS = 2_000;

async function follow(
  { query, reader, prefix }: OpenLog,
  listing: Listing,
  run: Run,
): Promise<void> {
  const pause = () => setTimeout(PAUSE_MS, undefined, { signal: reader.signal });
  try {
    for await (const page of followReviews(query, reader, run.clock, pause)) {
      for (const { review } of page) await printOne(review, prefix, listing, run);
    }
  } catch (error) {
    // Ctrl-C is the normal end.
    throw run.interrupted.aborted ? new Failure(EXIT.interrupted, "") : error;
  }
}

async function printEach(log: OpenLog, listing: Listing, run: Run): Promise<void> {
  const { limit } = listing.options;
  const print = (review: LoggedReview) => printOne(review, log.prefix, listing, run);
  if (limit !== undefined) return printNewest(log, limit, print, run);
  // The lines show the progress.
  await readReviews(log, print, async () => {}, run, { show() {}, end() {} });
}

/** Prints the newest reviews, the oldest of them first, as the log is read. */
async function printNewest(
  log: OpenLog,
  limit: number,
  print: (review: LoggedReview) => Promise<void>,
  run: Run,
): Promise<void> {
  const newest: LoggedReview[] = [];
  let count = 0;
  const keep = (review: LoggedReview) => {
    count += 1;
    newest.push(review);
    if (newest.length > limit) newest.shift();
  };
  const printAll = async () => {
    for (const review of newest) await print(review);
    logLimit(newest.length, count, run);
  };
  await readReviews(log, keep, printAll, run);
}

function logLimit(shown: number, count: number, { log }: Run): void {
  if (shown < count)
    log(`These are the newest ${shown} of ${count} lines. For more, raise --limit.\n`);
}

/**
 * Prints equal reviews as one line. JSON and YAML have one list: with several clusters, `end` prints
 * it, also with the reviews that were read before an error.
 */
function groupPrinter(isSeveral: boolean, { output, headers, limit }: ListOptions, run: Run) {
  const items: object[] = [];
  const isOneList = output === "json" || output === "yaml";

  async function printAll(
    groups: readonly ReviewGroup[],
    prefix: string,
    listing: Listing,
    ownRun: Run,
  ): Promise<void> {
    const { cluster } = listing;
    if (isOneList) {
      const data = groups.map((group) => groupData(group, listing, ownRun));
      if (isSeveral) items.push(...data);
      else await printData(data, output, ownRun);
    } else if (groups.length > 0) {
      const all = groups.map((group) => ({
        review: group.last,
        why: whyOf(group.last, cluster, ownRun),
        group,
      }));
      if (output === "csv") {
        ownRun.print(csv(all.map((shown) => csvCells(shown, prefix, nameIn(listing)))));
        return;
      }
      const title = isSeveral ? `${cluster.name}\n` : "";
      ownRun.print(`${title}${showGroups(all, prefix, headers, ownRun.columns)}`);
    }
  }

  return {
    async print(log: OpenLog, listing: Listing, ownRun: Run): Promise<void> {
      const groups = groupReviews();
      const end = async () => {
        const all = groups.all();
        const shown = limit === undefined ? all : all.slice(-limit);
        await printAll(shown, log.prefix, listing, ownRun);
        logLimit(shown.length, all.length, ownRun);
      };
      await readReviews(log, groups.add, end, ownRun);
      if (groups.left() > 0) {
        ownRun.log(
          `Incomplete: ${groups.left()} reviews of further identities are left out. Narrow the search with --since, --until, --outcome or --who.\n`,
        );
      }
    },
    async end(): Promise<void> {
      if (isSeveral && isOneList) await printData(items, output, run);
    },
  };
}

function groupData({ count, first, last }: ReviewGroup, listing: Listing, run: Run): object {
  const { clusters, cluster } = listing;
  const data = reviewData(last, cluster, run);
  const item = { count, first: new Date(first).toISOString(), ...data };
  return withCluster(clusters, cluster.name, item);
}

async function printOne(review: LoggedReview, prefix: string, listing: Listing, run: Run) {
  const { cluster, clusters, options } = listing;
  const { output } = options;
  if (output === "json" || output === "yaml") {
    const data = withCluster(clusters, cluster.name, reviewData(review, cluster, run));
    return printDocument(data, output, run);
  }
  const shown = { review, why: whyOf(review, cluster, run) };
  if (output === "csv") return run.print(csv([csvCells(shown, prefix, nameIn(listing))]));
  if (run.columns !== undefined) run.print(showNarrow(shown, prefix, run.columns));
  // Each is printed at once, so columns cannot be aligned.
  else run.print(`${cells(shown, prefix).map(printable).join("\t")}\n`);
}

function reviewData({ time, ...review }: LoggedReview, cluster: ChosenCluster, run: Run) {
  const { explain, advice } = whyOf({ time, ...review }, cluster, run);
  return {
    time: new Date(time).toISOString(),
    ...review,
    ...(explain !== undefined && { explain }),
    ...(advice !== undefined && { advice: oneLine(advice) }),
  };
}
