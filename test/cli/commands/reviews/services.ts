// A local CloudWatch Logs and CloudFormation for one test file, with lines as the function itself writes them.

import { supposeIdentity } from "../../../../cli/evaluate/principal.ts";
import { logEntry } from "../../../../functions/authenticator/http/log-entry.ts";
import { metricsLine } from "../../../../functions/authenticator/http/metrics-line.ts";
import { newRecord, type Outcome, type ReviewRecord } from "../../../../functions/authenticator/review/record.ts";
import type { AuthenticatorError } from "../../../../functions/errors.ts";
import { type LocalServer, startHttpServer } from "../../../../local/http-server.ts";
import type { LogEvent } from "../../../../local/logs/filter-log-events.ts";
import { startLogs } from "../../../../local/logs/logs.ts";
import { type CliOptions, type CliResult, cli, useLocalAws } from "../../cli.ts";

export const LOG_GROUP = "IamAuthenticator-prod-AuthenticatorLog1A2B3C4D-x9Y8z7W6v5U4";
export const NOW = Date.UTC(2026, 10, 24, 16, 30);
export const MINUTE = 60_000;

export interface Logged {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly outcome: Outcome;
  readonly arn?: string;
  readonly error?: AuthenticatorError;
  readonly record?: Partial<ReviewRecord>;
}

/** The line of a review and that of its metrics, as the function prints them one after the other. */
export function linesOf({ time, outcome, arn, error, record }: Logged): LogEvent[] {
  const identity = arn === undefined ? undefined : supposeIdentity(arn);
  const whole = { ...newRecord(time - 20, "request-1"), ...(identity !== undefined && { identity }), ...record };
  const log = JSON.stringify(logEntry(whole, outcome, error, time));
  return [log, metricsLine(whole, outcome, error, "prod", time)].map((message) => ({ timestamp: time, message }));
}

/** What Lambda itself writes into the log, and a line that is not JSON. */
export function otherLines(time: number): LogEvent[] {
  const report = { time: new Date(time).toISOString(), type: "platform.report", record: { status: "success" } };
  return [JSON.stringify(report), "INIT_START Runtime Version: nodejs:24"].map((message) => ({
    timestamp: time,
    message,
  }));
}

export interface LoggedCluster {
  readonly logs: LocalServer;
  readonly stacks: LocalServer;
  /** What the log group holds; append to it. */
  readonly events: LogEvent[];
  /** `iam-authenticator reviews <words> --cluster prod`, at NOW, as fast as the local service answers. */
  reviews(words: readonly string[], options?: CliOptions): Promise<CliResult>;
  close(): Promise<void>;
}

/** The services and the variables that lead to them. */
export async function loggedServices(events: LogEvent[], stack = "IamAuthenticator-prod") {
  const logs = await startLogs({ groups: { [LOG_GROUP]: () => events } });
  const stacks = await startStacks({
    [stack]: { Endpoint: "https://x.example.com", LogGroup: LOG_GROUP },
  });
  return {
    logs,
    stacks,
    variables: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url, AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url },
    async close() {
      await Promise.all([logs.close(), stacks.close()]);
    },
  };
}

export async function loggedCluster(events: LogEvent[] = []): Promise<LoggedCluster> {
  const { variables, ...services } = await loggedServices(events);
  useLocalAws(variables);
  return {
    ...services,
    events,
    reviews(words, options) {
      const rate = words.includes("--rate") ? [] : ["--rate", "1000"];
      return cli(["reviews", ...words, "-c", "prod", ...rate], { now: NOW, ...options });
    },
  };
}

/** DescribeStacks by name: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export function startStacks(stacks: Readonly<Record<string, Readonly<Record<string, string>>>>): Promise<LocalServer> {
  return startHttpServer(({ body }) => {
    const form = new URLSearchParams(body.toString());
    const name = form.get("StackName") ?? "";
    const outputs = Object.hasOwn(stacks, name) ? stacks[name] : undefined;
    if (form.get("Action") !== "DescribeStacks")
      return xml(400, error("InvalidAction", `Could not find ${form.get("Action")}`));
    if (outputs === undefined) return xml(400, error("ValidationError", `Stack with id ${name} does not exist`));
    const members = Object.entries(outputs).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    );
    return xml(
      200,
      `<DescribeStacksResponse xmlns="${NAMESPACE}"><DescribeStacksResult><Stacks><member><StackName>${name}</StackName>` +
        `<CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>` +
        `<Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  });
}

const NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

/** For `fail()` too. */
export function stacksForbidden() {
  const message =
    "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: cloudformation:DescribeStacks";
  return { kind: "answer", ...xml(403, error("AccessDenied", message)) } as const;
}

function error(code: string, message: string): string {
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
}

function xml(status: number, body: string) {
  return { status, headers: { "content-type": "text/xml" }, body };
}
