// The log line of a review: who, as whom, by which parameter, how fast, or why not.

import type { AuthenticatorError } from "../../errors.ts";
import { failureKind } from "../../lib/retry.ts";
import type { LogLevel } from "../../settings/common.ts";
import type { Outcome, ReviewRecord } from "../review/record.ts";

const LEVELS: Readonly<Record<Outcome, LogLevel>> = {
  granted: "info",
  not_ours: "info",
  denied: "warn",
  bad_request: "warn",
  caller_refused: "warn",
  throttled: "error",
  fault: "error",
};

/** Fields without a value are left out by JSON. Nothing here comes from the token but by way of STS. */
export function logEntry(record: ReviewRecord, outcome: Outcome, error: AuthenticatorError | undefined, now: number) {
  const { identity, user, parameter, tokenHash, ms, cached, staleReads, coldStart, requestId, stsRequestId } = record;
  return {
    time: new Date(now).toISOString(),
    level: LEVELS[outcome],
    outcome,
    reason: error?.code,
    message: error?.message,
    ...causeOf(error),
    arn: identity?.arn,
    canonicalArn: identity?.canonicalArn,
    accountId: identity?.accountId,
    principalId: identity?.principalId,
    sessionName: identity?.sessionName,
    accessKeyId: identity?.accessKeyId,
    username: user?.username,
    groups: user?.groups,
    parameter,
    tokenHash,
    ms: { ...ms, total: now - record.startedAt },
    cached,
    stale: staleReads > 0 ? true : undefined,
    coldStart,
    requestId,
    stsRequestId,
  };
}

const STACK_FRAME = /^ +at [\w.$<>[\] ]*\(?(?:file|node):[\w/.:@%+-]+\)?$/;

/**
 * For whoever mends it: the kind of failure and, for a fault that nobody foresaw, where it arose. Never the text of a
 * foreign error, which may quote what it failed on.
 */
function causeOf(error: AuthenticatorError | undefined): { cause?: string; stack?: string[] } {
  if (error?.cause === undefined) return {};
  const cause = failureKind(error.cause);
  if (error.code !== "internal_fault" || !(error.cause instanceof Error)) return { cause };
  const frames = error.cause.stack?.split("\n").filter((line) => STACK_FRAME.test(line)) ?? [];
  return { cause, stack: frames.map((line) => line.trim()) };
}
