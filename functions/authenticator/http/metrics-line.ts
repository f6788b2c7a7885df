// Builds the metrics of a review: counts, latencies, and values that alarms use.

import { type AuthenticatorError, TokenKeysUnavailable } from "../../errors.ts";
import type { EpochMs } from "../../lib/deadline.ts";
import { embeddedMetrics } from "../../telemetry/embedded-metrics.ts";
import type { Outcome, ReviewRecord, Stage } from "../review/record.ts";

export function metricsLine(
  record: ReviewRecord,
  outcome: Outcome,
  error: AuthenticatorError | undefined,
  clusterId: string,
  now: EpochMs,
  version?: string,
) {
  const isJwt = record.token !== undefined && "issuer" in record.token;
  const milliseconds = {
    Latency: [now - record.startedAt],
    StsLatency: [...asked(record, "callerIdentity"), ...(isJwt ? [] : asked(record, "identity"))],
    SsmLatency: [...asked(record, "caller"), ...asked(record, "mapping")],
  };
  const counts = {
    StsThrottled: error?.outcome === "throttled" ? 1 : 0,
    InvalidMappings: record.invalidMappings,
    StaleReads: record.staleReads,
    ColdStart: record.coldStart ? 1 : 0,
    // Only when it happens: a metric without values costs nothing, and its alarm does not need them.
    ...((record.keysFailed === true || error instanceof TokenKeysUnavailable) && { TokenKeysFailed: 1 }),
  };
  return embeddedMetrics({ requests: "Reviews", milliseconds, counts, version }, clusterId, outcome, now);
}

/** The time of a stage that called its service. Empty if a cache answered or the review ended before the stage. */
function asked({ ms, cached }: ReviewRecord, stage: Stage): number[] {
  const time = cached[stage] === false ? ms[stage] : undefined;
  return time === undefined ? [] : [time];
}
