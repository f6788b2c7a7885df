// The function's log for a command: its options, opening it, and reading all reviews of a period.

import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Outcome } from "../../functions/authenticator/review/record.ts";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { defaultStackName } from "../../functions/settings/stack.ts";
import { watched } from "../aws/calls.ts";
import { type ClientConfig, clientConfig, patientRetries } from "../aws/client.ts";
import { toFailure } from "../aws/errors.ts";
import { rateLimited } from "../aws/rates.ts";
import {
  type LoggedReview,
  type LogQuery,
  type LogReader,
  readPages,
  userOf,
} from "../aws/review-log.ts";
import { outputsOf } from "../aws/stacks.ts";
import { awsFailure, EXIT, Failure, usage } from "../io/errors.ts";
import { startProgress } from "../io/progress.ts";
import type { Run } from "../io/run.ts";
import { NO_REVIEWS } from "./advice.ts";
import { type ChosenCluster, prefixOf } from "./chosen-clusters.ts";
import { DEFAULT_RATE } from "./review-options.ts";
import { type PastTime, shownTime } from "./times.ts";

export interface LogOptions {
  /** Name or ARN. */
  readonly logGroup?: string;
  /** Name of the stack. */
  readonly stack?: string;
}

export interface ReviewsOptions extends LogOptions {
  readonly since: PastTime;
  readonly until?: PastTime;
  readonly outcome?: readonly Outcome[];
  readonly who?: string;
  readonly group?: string;
  readonly rate: number;
}

export interface OpenLog {
  readonly query: LogQuery;
  readonly reader: LogReader;
  /** The prefix of mappings, which tables omit. */
  readonly prefix: string;
  /** The time from which `query.from` was counted. */
  readonly now: number;
}

/** The cluster whose log is read. `isSeveral` is whether the command reads other logs too. */
export interface ClusterOfLog {
  readonly cluster: ChosenCluster;
  readonly isSeveral: boolean;
}

/**
 * Opens the cluster's log for `work`. Returns `undefined` when the reader of standard output closes
 * it.
 */
export async function withLog<T>(
  { cluster, isSeveral }: ClusterOfLog,
  options: ReviewsOptions,
  run: Run,
  work: (log: OpenLog) => Promise<T>,
) {
  const { since, until, outcome: outcomes = [], who, group } = options;
  if (isSeveral && (options.logGroup ?? options.stack) !== undefined) {
    throw usage("--log-group and --stack are for one cluster.");
  }
  const now = run.clock();
  const from = since(now);
  const to = until?.(now);
  if (from > now) throw usage(`--since ${shownTime(from)} is in the future.`);
  if (to !== undefined && to < from) throw usage("--until must not be before --since.");
  const { config } = await clientConfig(cluster, run);
  const signal = AbortSignal.any([run.interrupted, run.closed]);
  const logGroup = await findLogGroup(cluster, options, config, signal, run);
  const logs = watched(new CloudWatchLogsClient({ ...config, ...patientRetries(run) }), run);
  try {
    return await work({
      query: { logGroup, from, until: to, outcomes, who, group },
      reader: { logs, waitForTurn: rateLimited(options.rate), signal },
      prefix: prefixOf(cluster),
      now,
    });
  } catch (error) {
    if (!run.closed.aborted) throw error;
    return undefined;
  }
}

/**
 * The windows in which grants are read. The newest is read first: within the limit, a busy log is
 * read only in part.
 */
const WINDOWS_MS = [3_600_000, 86_400_000, 30 * 86_400_000];

/** How far a log was read. */
export interface LogReach {
  /** The grants since then were read. Not set if not all of the first window were. */
  readonly from?: number;
  /** The reason why earlier ones were not read. */
  readonly failure?: unknown;
}

/** Calls `use` for the granted reviews of 30 days, as far as the time reaches. */
export async function recentGrants(
  cluster: ChosenCluster,
  { logGroup, stack }: LogOptions,
  run: Run,
  limitMs: number,
  use: (review: LoggedReview) => void,
): Promise<LogReach> {
  const limited = {
    ...run,
    interrupted: AbortSignal.any([run.interrupted, AbortSignal.timeout(limitMs)]),
  };
  const granted: ReviewsOptions = {
    ...(logGroup !== undefined && { logGroup }),
    ...(stack !== undefined && { stack }),
    since: (now) => now,
    outcome: ["granted"],
    rate: DEFAULT_RATE,
  };
  let from: number | undefined;
  const reach = (): LogReach => (from === undefined ? {} : { from });
  try {
    await withLog({ cluster, isSeveral: false }, granted, limited, async (log) => {
      const { query, reader, now } = log;
      for (const window of WINDOWS_MS) {
        const start = now - window;
        for await (const page of readPages({ ...query, from: start, until: from }, reader)) {
          for (const { review } of page) use(review);
        }
        from = start;
      }
    });
    return reach();
  } catch (failure) {
    if (run.interrupted.aborted) throw failure;
    return { ...reach(), failure };
  }
}

/** Returns the name of the session or user that a denial by name compares. */
export function nameIn(review: LoggedReview): string {
  return review.sessionName ?? userOf(review) ?? "";
}

/**
 * Returns the names of users and sessions in granted reviews, as far as the time reaches: none if
 * the log cannot be read.
 *
 * @param account if given, only of its identities
 */
export async function loggedNames(
  cluster: ChosenCluster,
  account: string | undefined,
  run: Run,
  limitMs: number,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  await recentGrants(cluster, {}, run, limitMs, (review) => {
    if (account === undefined || review.accountId === account) names.add(nameIn(review));
  });
  return names;
}

/**
 * Finds the log group. Its name is not fixed: it outlives its stack, and deploying again with a
 * fixed name would fail.
 */
async function findLogGroup(
  { cluster }: ChosenCluster,
  { logGroup, stack = defaultStackName(cluster) }: ReviewsOptions,
  config: ClientConfig,
  signal: AbortSignal,
  run: Run,
): Promise<string> {
  // The console shows ARNs with the suffix `:*`, which calls reject.
  if (logGroup !== undefined) return logGroup.replace(/:\*$/, "");
  const outputs = await outputsOf(stack, config, signal, run).catch((error: unknown) => {
    throw withHint(error, stack);
  });
  if (outputs === undefined) {
    throw usage(
      `No stack ${stack} in region ${config.region}. Use --stack, or --log-group with its output LogGroup.`,
    );
  }
  const { LogGroup } = outputs;
  if (LogGroup !== undefined) return LogGroup;
  throw usage(
    `The stack ${stack} has no output LogGroup. Give the log group of the function: --log-group <name>.`,
  );
}

function withHint(error: unknown, stack: string): unknown {
  if (isAwsError(error, "AccessDenied", "AccessDeniedException")) {
    const message =
      `No permission to look up the log group: cloudformation:DescribeStacks on the stack ${stack}. ` +
      "Give --log-group <name> (the stack's output LogGroup), or allow it, as the construct's grantReadReviews does.";
    return awsFailure(message, error);
  }
  const failure = toFailure(error);
  if (failure?.exitCode !== EXIT.awsFailure) return error;
  const hint = "To read the log without looking it up in CloudFormation, give --log-group <name>.";
  return new Failure(EXIT.awsFailure, [...failure.lines, hint], { cause: error });
}

/**
 * Calls `use` for each review, and `end` once, even if Ctrl-C or an error stops reading after some
 * reviews.
 */
export async function readReviews(
  log: OpenLog,
  use: (review: LoggedReview) => void | Promise<void>,
  end: () => Promise<void>,
  run: Run,
  progress = startProgress("Reading the log: reviews", undefined, run),
): Promise<void> {
  let count = 0;
  let newest: number | undefined;
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
    logTruncated(log, newest, run);
    throw error;
  }
  progress.end();
  await end();
  if (count === 0) logNone(log, run);
  if (log.query.from < log.now - RECENT_MS) await logStart(log, run);
}

/** The default period needs no further call. */
const RECENT_MS = 3_600_000;

/**
 * Prints the start of the log. Without the permission logs:DescribeLogGroups, the reviews are
 * printed all the same.
 */
async function logStart(log: OpenLog, run: Run): Promise<void> {
  const start = await startOfLog(log).catch(() => undefined);
  run.interrupted.throwIfAborted();
  if (start?.reason !== undefined) run.log(`${start.reason}\n`);
}

const DAY_MS = 86_400_000;

/**
 * Returns the requested time, or the start of the log with the reason as a sentence if that is
 * later. Throws what `toFailure` knows.
 */
export async function startOfLog(
  log: OpenLog,
): Promise<{ readonly from: number; readonly reason?: string }> {
  const { query, reader, now } = log;
  const name = query.logGroup.replace(/^arn:.*?:log-group:/, "");
  const request = new DescribeLogGroupsCommand({ logGroupNamePrefix: name });
  const { logGroups } = await reader.logs.send(request, { abortSignal: reader.signal });
  const group = logGroups?.find(({ logGroupName }) => logGroupName === name);
  if (group === undefined) {
    const region = await reader.logs.config.region();
    throw usage(`No log group ${name} in region ${region}. Check --log-group and --region.`);
  }
  const { creationTime: created = 0, retentionInDays: days } = group;
  const kept = days === undefined ? 0 : now - days * DAY_MS;
  const from = Math.max(query.from, created, kept);
  if (from === query.from) return { from };
  const why =
    from === kept ? `because the log group keeps ${days} days` : "when the log group was created";
  return { from, reason: `The log goes back only to ${shownTime(from)}, ${why}.` };
}

function logNone({ query }: OpenLog, run: Run): void {
  const end = query.until === undefined ? "" : ` until ${shownTime(query.until)}`;
  run.log(
    `No matching reviews since ${shownTime(query.from)}${end} in ${query.logGroup}.${hintFor(query)}\n`,
  );
}

function hintFor({ who, outcomes, group }: LogQuery): string {
  if (who !== undefined)
    return " --who matches only complete ARNs, usernames, ids of keys, and names of IAM users, federated users and sessions.";
  const isOfAll = outcomes.length === 0 && group === undefined;
  return isOfAll ? ` If users tried to log in, ${NO_REVIEWS}.` : "";
}

/** Warns that the printed result is incomplete, after Ctrl-C or an error. */
function logTruncated({ query }: OpenLog, newest: number | undefined, run: Run): void {
  if (newest === undefined || run.closed.aborted) return;
  run.log(
    `Incomplete: the log was read only from ${shownTime(query.from)} to ${shownTime(newest)}.\n`,
  );
}
