// What both commands about reviews are told: which log, which time, whom; and how they read it.

import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type Command, Option } from "commander";
import { OUTCOMES, type Outcome } from "../../functions/authenticator/review/record.ts";
import { watched } from "../aws/calls.ts";
import { clientConfig, patientRetries } from "../aws/client-config.ts";
import { functionSettings } from "../aws/connection.ts";
import { rateLimited } from "../aws/rate-limit.ts";
import { usage } from "../errors.ts";
import { addConnection, type ConnectionOptions, readPositive } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { findLogGroup, type LogGroupOptions } from "./log-group.ts";
import { type LogTime, readLogTime } from "./log-time.ts";
import type { LogQuery, LogReader } from "./read-log.ts";

export interface ReviewsOptions extends ConnectionOptions, LogGroupOptions {
  readonly since: LogTime;
  readonly until?: LogTime;
  readonly outcome?: readonly Outcome[];
  readonly who?: string;
  readonly rate: number;
}

/**
 * An account has five calls a second in a region, and AWS does not raise that: one is left for everybody else.
 * https://repost.aws/knowledge-center/cloudwatch-logs-throttling
 */
const DEFAULT_RATE = 4;

export function addReviews(command: Command): Command {
  return addConnection(command)
    .addOption(
      new Option("--since <when>", "how long ago, or a time").argParser(readLogTime).default(readLogTime("1h"), "1h"),
    )
    .option("--until <when>", "how long ago, or a time (default: now)", readLogTime)
    .addOption(new Option("--outcome <outcome...>", "only reviews with this outcome").choices(OUTCOMES))
    .option("--who <arn|username>", "only reviews of this identity or user")
    .option("--log-group <name>", "the function's log (default: the stack's output LogGroup)")
    .option("--stack <name>", "stack of the cluster, if it has a name of its own")
    .option("--rate <n>", "calls of CloudWatch Logs a second", readPositive, DEFAULT_RATE);
}

export interface OpenLog {
  readonly query: LogQuery;
  readonly reader: LogReader;
  /** Left out where the name of a mapping's parameter is shown. */
  readonly prefix: string;
  close(): void;
}

/** `signal` ends the reading. */
export async function openLog(options: ReviewsOptions, io: IOStreams, signal: AbortSignal): Promise<OpenLog> {
  const { since, until, outcome: outcomes = [], who } = options;
  const now = io.clock();
  const [from, to] = [since(now), until?.(now)];
  if (to !== undefined && to < from) throw usage("--until must not be before --since.");
  const { config } = await clientConfig(options, io);
  const logGroup = await findLogGroup(options, config, io, signal);
  // One line of the log may be wrong: the others are still read.
  const logs = watched(new CloudWatchLogsClient({ ...config, ...patientRetries(io) }), io, ["events"]);
  return {
    query: { logGroup, from, until: to, outcomes, who },
    reader: { logs, waitForTurn: rateLimited(options.rate), signal, onUnreadable: tellOnce(io) },
    prefix: functionSettings(options, config.region, io).mappingPrefix,
    close: () => logs.destroy(),
  };
}

function tellOnce({ tell }: IOStreams): () => void {
  let isTold = false;
  return () => {
    if (!isTold) tell("An event of the log has no readable text or time, and is left out.\n");
    isTold = true;
  };
}
