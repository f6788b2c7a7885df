// Prints one line for each review, whatever its outcome: the log entry with the metrics.

import { type AuthenticatorError, asAuthenticatorError, hasCode } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import type { LogLevel } from "../../settings/common.ts";
import { logHead, printRequest } from "../../telemetry/log-line.ts";
import { embeddedMetrics } from "../../telemetry/metrics.ts";
import type { Outcome, ReviewRecord } from "../review/record.ts";
import type { Settings } from "../settings.ts";
import type { Middleware, ReviewRequest } from "./review-request.ts";

/**
 * Returns the middleware that prints the line, after all others. `line` does not end with a
 * newline.
 */
export function logReview(
  { clusterId, logLevel }: Settings,
  print: (line: string) => void,
): Middleware {
  function printLine(
    { record, deadline, version }: ReviewRequest,
    outcome: Outcome,
    error: AuthenticatorError | undefined,
  ): void {
    const now = deadline.clock();
    const metrics = reviewMetrics(record, outcome, error, clusterId, now, version);
    printRequest(logEntry(record, outcome, error, now), metrics, logLevel, print);
  }
  return {
    after: ({ event }) => printLine(event, grantedOrNot(event.record), undefined),
    onError: ({ event, error }) => {
      const known = asAuthenticatorError(error);
      printLine(event, known.outcome, known);
    },
  };
}

function grantedOrNot({ user }: ReviewRecord): Outcome {
  return user === undefined ? "not_ours" : "granted";
}

const REFUSED: readonly Outcome[] = ["denied", "caller_refused", "throttled"];

export function reviewMetrics(
  record: ReviewRecord,
  outcome: Outcome,
  error: AuthenticatorError | undefined,
  clusterId: string,
  now: EpochMs,
  version?: string,
) {
  const counts = {
    Reviews: 1,
    Refused: Number(REFUSED.includes(outcome)),
    // Not during the check before a deployment, which invokes a version directly.
    Faults: Number(outcome === "fault" && version !== undefined),
    StsThrottled: Number(hasCode(error, "sts_throttled")),
    InvalidMappings: record.invalidMappings,
    StaleReads: record.staleReads,
    TokenKeysFailed: Number(record.keysFailed === true || hasCode(error, "token_keys_unavailable")),
  };
  const dimensions = {
    ClusterId: clusterId,
    Outcome: outcome,
    ...(version && { FunctionVersion: version }),
  };
  return embeddedMetrics(counts, dimensions, now);
}

const LEVELS: Readonly<Record<Outcome, LogLevel>> = {
  granted: "info",
  not_ours: "info",
  denied: "warn",
  bad_request: "warn",
  caller_refused: "warn",
  throttled: "error",
  fault: "error",
};

/**
 * Returns the fields of the log line. JSON omits undefined ones. Values of the token are included
 * only after STS accepted it.
 */
export function logEntry(
  record: ReviewRecord,
  outcome: Outcome,
  error: AuthenticatorError | undefined,
  now: EpochMs,
) {
  const { identity, user } = record;
  return {
    ...logHead(LEVELS[outcome], outcome, error, now),
    arn: identity?.arn,
    canonicalArn: identity?.canonicalArn,
    accountId: identity?.accountId,
    principalId: identity?.principalId,
    sessionName: identity?.sessionName,
    accessKeyId: identity?.accessKeyId,
    username: user?.username,
    groups: user?.groups,
    parameter: record.parameter,
    tokenHash: record.tokenHash,
    ms: { ...record.ms, total: now - record.startedAt },
    cached: record.cached,
    stale: record.staleReads > 0 ? true : undefined,
    coldStart: record.coldStart,
    unverifiedProbe: record.unverifiedProbe ? true : undefined,
    requestId: record.requestId,
    stsRequestId: record.stsRequestId,
  };
}
