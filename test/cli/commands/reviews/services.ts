// A local CloudWatch Logs and CloudFormation for one test file, with lines in the function's
// format.

import { supposeIdentity } from "../../../../cli/model/evaluation.ts";
import { logEntry, reviewMetrics } from "../../../../functions/authenticator/http/log-review.ts";
import {
  newRecord,
  type Outcome,
  type ReviewRecord,
} from "../../../../functions/authenticator/review/record.ts";
import type { AuthenticatorError } from "../../../../functions/errors.ts";
import type { LogEvent } from "../../../../local/aws/logs/log-groups.ts";
import { startLogs } from "../../../local-aws.ts";
import { type CliOptions, cli, endpoints, useLocalAws, type Words, wordsOf } from "../../cli.ts";
import { prepare, useServer } from "../../fixtures.ts";
import { startStacks } from "../../stacks.ts";

const STACK = "IamAuthenticator-prod";
export const LOG_GROUP = "IamAuthenticator-prod-AuthenticatorLog1A2B3C4D-x9Y8z7W6v5U4";
export const NOW = Date.UTC(2026, 10, 24, 16, 30);
export const MINUTE = 60_000;

interface Logged {
  readonly time: number;
  readonly outcome: Outcome;
  readonly arn?: string;
  readonly error?: AuthenticatorError;
  readonly record?: Partial<ReviewRecord>;
}

export function lineOf({ time, outcome, arn, error, record }: Logged): LogEvent {
  const identity = arn === undefined ? undefined : supposeIdentity(arn);
  const complete = {
    ...newRecord(time - 20, "request-1"),
    ...(identity !== undefined && { identity }),
    ...record,
  };
  const metrics = reviewMetrics(complete, outcome, error, "prod", time);
  return {
    timestamp: time,
    message: JSON.stringify({ ...logEntry(complete, outcome, error, time), ...metrics }),
  };
}

/** Lines of Lambda, and a line that is not JSON. */
export function otherLines(time: number): LogEvent[] {
  const report = {
    time: new Date(time).toISOString(),
    type: "platform.report",
    record: { status: "success" },
  };
  const messages = [JSON.stringify(report), "INIT_START Runtime Version: nodejs:24"];
  return messages.map((message) => ({ timestamp: time, message }));
}

export async function loggedServices(
  events: LogEvent[],
  stack = STACK,
  endpoint = "https://x.example.com",
) {
  const logs = await startLogs({
    groups: { [LOG_GROUP]: () => events },
    servesRegion: (region) => ["us-east-1", "us-west-2"].includes(region),
  });
  const stacks = await startStacks({ [stack]: { Endpoint: endpoint, LogGroup: LOG_GROUP } });
  return {
    logs,
    stacks,
    events,
    variables: endpoints({ CLOUDWATCH_LOGS: logs, CLOUDFORMATION: stacks }),
    /** `iam-authenticator reviews <words> --cluster prod`, at NOW, without a rate limit. */
    reviews(typed: Words, options?: CliOptions) {
      const words = wordsOf(typed);
      const rate = words.includes("--rate") ? [] : ["--rate", "1000"];
      return cli(["reviews", ...words, "-c", "prod", ...rate], { now: NOW, ...options });
    },
    close: () => Promise.all([logs.close(), stacks.close()]),
  };
}

export function useLoggedCluster(events: LogEvent[] = []) {
  const services = useServer(() => loggedServices(events));
  prepare(() => useLocalAws(services.variables));
  return services;
}
