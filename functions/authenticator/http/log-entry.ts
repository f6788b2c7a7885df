// Builds the log line of a review: the identity, the user, the parameter, the times, or the reason of a refusal.

import type { AuthenticatorError } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import type { LogLevel } from "../../settings/common.ts";
import { logHead } from "../../telemetry/log-line.ts";
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

/** JSON omits undefined fields. Values of the token are included only after STS accepted it. */
export function logEntry(record: ReviewRecord, outcome: Outcome, error: AuthenticatorError | undefined, now: EpochMs) {
  const { identity, user, parameter, tokenHash, ms, cached, staleReads, coldStart, requestId, stsRequestId } = record;
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
