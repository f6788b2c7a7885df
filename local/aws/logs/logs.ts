// A local, read-only CloudWatch Logs for AWS SDKs and the AWS CLI, with groups in memory or from a
// function's log file.

import { readFileSync } from "node:fs";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { type LocalServer, startHttpServer } from "../http-server.ts";
import {
  answerJson,
  callsPerSecond,
  operationOf,
  parseInput,
  throttled,
  unknownOperation,
} from "../protocols.ts";
import { byAccessKey, type ServiceOptions, verify } from "../verification.ts";
import { insights } from "./insights.ts";
import {
  describeLogGroups,
  filterLogEvents,
  type LogEvent,
  type LogGroupProperties,
  type LogGroups,
} from "./log-groups.ts";

export interface LogsOptions extends ServiceOptions {
  readonly groups: LogGroups;
  /** By name of the group. */
  readonly properties?: Readonly<Record<string, LogGroupProperties>>;
  /** Default `us-east-1`. */
  readonly region?: string;
  /**
   * FilterLogEvents calls per second, per account and region; default unlimited.
   * https://repost.aws/knowledge-center/cloudwatch-logs-throttling
   */
  readonly throughput?: number;
}

export const DEFAULT_LOGS_THROUGHPUT = 5;

export function startLogs(options: LogsOptions): Promise<LocalServer> {
  const {
    groups,
    properties = {},
    region = "us-east-1",
    port,
    throughput = Number.POSITIVE_INFINITY,
  } = options;
  const admit = callsPerSecond(throughput, () => performance.now());
  const operations = insights();
  const identities = byAccessKey(options.identities);
  const rules = {
    servesRegion: (scoped: string) => scoped === region,
    ...options,
    identities,
    service: "logs",
  };
  return startHttpServer(
    (request) =>
      answerJson(() => {
        const name = operationOf(request, "Logs_20140328");
        verify(request, [], rules);
        const input = parseInput(request.body);
        if (name === "DescribeLogGroups") return describeLogGroups(groups, properties, input);
        const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
        if (operation !== undefined) return operation(groups, input);
        if (name !== "FilterLogEvents") throw unknownOperation(request.method, name);
        if (!admit()) throw throttled();
        return filterLogEvents(groups, input);
      }),
    port,
  );
}

/**
 * Returns the lines of a function's log file as events. A line without a time has that of the line
 * before.
 */
export function eventsOfFile(file: string): LogEvent[] {
  let timestamp = 0;
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((message) => {
      const line = parseJson(message);
      const time =
        isObject(line) && typeof line["timestamp"] === "string"
          ? Date.parse(line["timestamp"])
          : Number.NaN;
      timestamp = Number.isNaN(time) ? timestamp : time;
      return { timestamp, message };
    });
}
