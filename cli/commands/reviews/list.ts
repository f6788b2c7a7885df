// `reviews list`: lists granted and denied logins.

import { setTimeout } from "node:timers/promises";
import type { Command } from "commander";
import { followReviews, type LoggedReview } from "../../aws/review-log.ts";
import { adviceFor, commandToExplain, textOf } from "../../cmdline/advice.ts";
import { type ChosenCluster, type Clusters, clustersOf } from "../../cmdline/chosen-clusters.ts";
import { inEachCluster, throwWorst, withCluster } from "../../cmdline/clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { HEADERS, OUTPUT, type OutputOptions, withOptions } from "../../cmdline/options.ts";
import {
  type OpenLog,
  REVIEWS,
  type ReviewsOptions,
  readReviews,
  withLog,
} from "../../cmdline/review-log.ts";
import { type ClusterOptions, spellerFor } from "../../cmdline/spelling.ts";
import { shownTime } from "../../cmdline/times.ts";
import { EXIT, Failure, usage } from "../../io/errors.ts";
import {
  type HeaderOptions,
  hangingIndent,
  oneLine,
  printable,
  printData,
  printDocument,
  type Text,
  table,
} from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { shortName, supposeIdentity } from "../../model/evaluation.ts";

interface ListOptions extends ReviewsOptions, OutputOptions, HeaderOptions {
  readonly each?: true;
  readonly follow?: true;
}

export function listCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "Prints equal reviews as one line with a count. Times are UTC. Requires logs:FilterLogEvents on the log group and, " +
      "without --log-group, cloudformation:DescribeStacks on the stack: the construct's grantReadReviews grants both. " +
      "With --each or --follow, -o json prints one object per line.",
    examples: [
      "reviews list -c prod --outcome denied --outcome fault",
      "reviews list -c prod --since 1d --who arn:aws:iam::111122223333:role/Developers",
      "reviews list -c prod --since 2026-11-24T16:00:00Z --each -o json",
    ],
  });
  return withOptions(command, REVIEWS, OUTPUT, HEADERS)
    .option("--each", "print each review, without counts")
    .option("-f, --follow", "print each review, and wait for new ones")
    .action(async (options: ListOptions) => list(await clustersOf(command, run), options, run));
}

/** What is listed: the log of one cluster, among others. */
interface Listing {
  readonly cluster: ChosenCluster;
  readonly clusters: Clusters;
  readonly options: ListOptions;
}

async function list(clusters: Clusters, options: ListOptions, run: Run): Promise<void> {
  const { each = false, follow: follows = false, until, output } = options;
  if (follows && until !== undefined) throw usage("Give either --follow or --until.");
  const { isSeveral } = clusters;
  const groups = groupPrinter(isSeveral, options, run);
  async function listOne(cluster: ChosenCluster, own: Run): Promise<void> {
    const listing = { cluster, clusters, options };
    // The lines of several logs are mixed.
    const print = (text: string) =>
      run.print(isSeveral && output === "table" ? `${cluster.name}: ${text}` : text);
    await withLog({ cluster, isSeveral }, options, own, (log) => {
      if (follows) return follow(log, listing, { ...own, print });
      return each ? printEach(log, listing, { ...own, print }) : groups.print(log, listing, own);
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
  const print = (review: LoggedReview) => printOne(review, log.prefix, listing, run);
  // The lines show the progress.
  await readReviews(log, print, async () => {}, run, { show() {}, end() {} });
}

/**
 * Prints equal reviews as one line. JSON and YAML have one list: with several clusters, `end` prints
 * it, also with the reviews that were read before an error.
 */
function groupPrinter(isSeveral: boolean, { output, headers }: ListOptions, run: Run) {
  const items: object[] = [];

  async function printAll(
    groups: readonly ReviewGroup[],
    prefix: string,
    listing: Listing,
    own: Run,
  ): Promise<void> {
    const { cluster } = listing;
    if (output !== "table") {
      const found = groups.map((group) => groupData(group, listing, own));
      if (isSeveral) items.push(...found);
      else await printData(found, output, own);
    } else if (groups.length > 0) {
      const all = groups.map((group) => ({
        review: group.last,
        why: whyOf(group.last, cluster, own),
        group,
      }));
      const title = isSeveral ? `${cluster.name}\n` : "";
      own.print(`${title}${showGroups(all, prefix, headers, own.columns)}`);
    }
  }

  return {
    async print(log: OpenLog, listing: Listing, own: Run): Promise<void> {
      const groups = groupReviews();
      const end = () => printAll(groups.all(), log.prefix, listing, own);
      await readReviews(log, groups.add, end, own);
      if (groups.left() > 0) {
        own.log(
          `Incomplete: ${groups.left()} reviews of further identities are left out. Narrow the search with --since, --until, --outcome or --who.\n`,
        );
      }
    },
    async end(): Promise<void> {
      if (isSeveral && output !== "table") await printData(items, output, run);
    },
  };
}

function groupData({ count, first, last }: ReviewGroup, listing: Listing, run: Run): object {
  const { clusters, cluster } = listing;
  const data = reviewData(last, cluster, run);
  const item = { count, first: new Date(first).toISOString(), ...data };
  return withCluster(clusters, cluster.name, item);
}

async function printOne(
  review: LoggedReview,
  prefix: string,
  { cluster, clusters, options }: Listing,
  run: Run,
) {
  const { output } = options;
  if (output !== "table") {
    const data = withCluster(clusters, cluster.name, reviewData(review, cluster, run));
    return printDocument(data, output, run);
  }
  const shown = { review, why: whyOf(review, cluster, run) };
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

interface Shown {
  readonly review: LoggedReview;
  readonly why: Why;
  /** The count and the first time; not set for a single review. */
  readonly group?: ReviewGroup;
}

const COLUMNS = ["time", "outcome", "reason", "who", "as", "parameter", "why"];

const INDENT = "    ";

function showGroups(
  all: readonly Shown[],
  prefix: string,
  withHeaders: boolean,
  columns: Run["columns"],
) {
  if (columns !== undefined) return all.map((shown) => showNarrow(shown, prefix, columns)).join("");
  const rows = all.map((shown) => {
    const [time = "", ...rest] = cells(shown, prefix);
    return [time, String(shown.group?.count ?? 1), ...rest];
  });
  const [time = "", ...headers] = COLUMNS;
  return table(withHeaders ? [time, "count", ...headers] : [], rows);
}

function cells({ review, why }: Shown, prefix: string): string[] {
  const { time, outcome, reason = "", arn = "", username = "", parameter = "" } = review;
  return [
    shownTime(time),
    outcome,
    reason,
    arn,
    username,
    shortName(parameter, prefix),
    why.explain ?? oneLine(why.advice ?? ""),
  ];
}

function showNarrow({ review, why, group }: Shown, prefix: string, columns: number): string {
  const { time, outcome, reason, arn, username, parameter, message } = review;
  const { count = 1, first = time } = group ?? {};
  const head = [shownTime(time), outcome, ...(reason === undefined ? [] : [reason])].join("  ");
  const by = parameter === undefined ? "" : ` by ${shortName(parameter, prefix)}`;
  const lines: Text[] = [
    ...(count === 1 ? [] : [`${count} times since ${shownTime(first)}`]),
    ...(arn === undefined ? [] : [arn]),
    ...(username === undefined ? [] : [`as ${username}${by}`]),
    // With an ARN, the explain command shows more.
    ...(why.explain === undefined && message !== undefined ? [message] : []),
    ...(why.advice === undefined ? [] : [toDo(why.advice)]),
    ...(why.explain === undefined ? [] : [{ before: "", command: why.explain }]),
  ];
  const below = lines.map((line) => hangingIndent(INDENT, line, columns)).join("");
  return `${hangingIndent("", head, columns)}${below}`;
}

function toDo(advice: Text): Text {
  const start = "to do:";
  return typeof advice === "string"
    ? `${start} ${advice}`
    : { ...advice, before: `${start} ${advice.before}` };
}

interface ReviewGroup {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly first: number;
  readonly last: LoggedReview;
}

/**
 * The largest number of groups, which limits memory: any AWS account can create any number of
 * sessions, each of which would be a group.
 */
const MOST = 10_000;

function groupReviews(most = MOST) {
  const groups = new Map<string, ReviewGroup>();
  let left = 0;
  return {
    add(review: LoggedReview) {
      const { outcome, reason, arn, username, parameter } = review;
      const key = JSON.stringify([outcome, reason, arn, username, parameter]);
      const group = groups.get(key);
      if (group === undefined && groups.size >= most) {
        left += 1;
        return;
      }
      const { count = 0, first = review.time, last = review } = group ?? {};
      groups.set(key, {
        count: count + 1,
        first: Math.min(first, review.time),
        last: review.time >= last.time ? review : last,
      });
    },
    /** Returns the groups, sorted by the time of their last review. */
    all: () => [...groups.values()].sort((a, b) => a.last.time - b.last.time),
    /** Returns the number of reviews left out because there are too many groups. */
    left: () => left,
  };
}

interface Why {
  /** A shell command. */
  readonly explain?: string;
  readonly advice?: Text;
}

/**
 * Returns the command that explains a denial, or advice; empty for grants and for tokens of other
 * authenticators.
 */
function whyOf(
  { outcome, reason = "", arn = "", principalId }: LoggedReview,
  options: ClusterOptions,
  run: Run,
): Why {
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    // Without the id, the current role of this name would match.
    const isOfId =
      reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    return { explain: commandToExplain(options, run, arn, isOfId ? principalId : undefined) };
  }
  const advice = adviceFor(reason);
  if (advice === undefined) return {};
  return { advice: textOf(advice, spellerFor(options, run.environment)) };
}
