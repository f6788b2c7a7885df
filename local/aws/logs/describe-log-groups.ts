// DescribeLogGroups: names, creation times and retentions of the log groups.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html

import type { Input } from "../aws-json.ts";
import type { LogGroups } from "./filter-log-events.ts";
import { invalidParameter } from "./filter-pattern.ts";
import { text } from "./input.ts";

export interface LogGroupProperties {
  /** Milliseconds since 1970; default 0. */
  readonly creationTime?: number;
  /** Default: events never expire. */
  readonly retentionInDays?: number;
}

const MOST = 50;

export function describeLogGroups(
  groups: LogGroups,
  properties: Readonly<Record<string, LogGroupProperties>>,
  input: Input,
): object {
  for (const name of Object.keys(input)) {
    if (name !== "logGroupNamePrefix") throw invalidParameter(`This local service does not support ${name}.`);
  }
  const prefix = text(input, "logGroupNamePrefix", 512) ?? "";
  const names = Object.keys(groups).filter((name) => name.startsWith(prefix));
  return {
    logGroups: names
      .sort()
      .slice(0, MOST)
      .map((logGroupName) => ({ logGroupName, creationTime: 0, storedBytes: 0, ...properties[logGroupName] })),
  };
}
