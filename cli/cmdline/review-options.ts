// The options of commands that read the function's log. `review-log.ts` reads it.

import { Option } from "commander";
import { OUTCOMES } from "../../functions/authenticator/review/record.ts";
import { CONNECTIONS, type OptionGroup, readPositive } from "./options.ts";
import { readPastTime } from "./times.ts";

/**
 * The quota for an account and region is five calls a second, and cannot be raised. This leaves one
 * for other users.
 * https://repost.aws/knowledge-center/cloudwatch-logs-throttling
 */
export const DEFAULT_RATE = 4;

/** The options that choose the log to read. */
export const LOG: OptionGroup = [
  new Option("--log-group <name>", "the function's log (default: the stack's output LogGroup)"),
  new Option("--stack <name>", "the cluster's stack, if its name is not the default"),
];

export const REVIEWS: OptionGroup = [
  ...CONNECTIONS,
  new Option("--since <when>", "start: a duration before now, a day (from 00:00 UTC) or a time")
    .argParser(readPastTime)
    .default(readPastTime("1h"), "1h"),
  new Option("--until <when>", "end, in the same form (default: now)").argParser(readPastTime),
  new Option("--outcome <outcome...>", "only reviews with this outcome").choices(OUTCOMES),
  new Option(
    "--who <arn|name>",
    "only reviews of this ARN, username, key id, or name of an IAM user, federated user or session",
  ),
  new Option("--group <name>", "only granted reviews of users in this group"),
  ...LOG,
  new Option("--rate <n>", "calls to CloudWatch Logs per second")
    .argParser(readPositive)
    .default(DEFAULT_RATE),
];
