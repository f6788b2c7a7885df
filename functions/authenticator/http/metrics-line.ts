// Builds the metrics of a review: counts, latencies, and values that alarms use.

import type { AuthenticatorError } from "../../errors.ts";
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
  const milliseconds = {
    Latency: [now - record.startedAt],
    StsLatency: [...asked(record, "callerIdentity"), ...asked(record, "identity")],
    SsmLatency: [...asked(record, "caller"), ...asked(record, "mapping")],
  };
  const counts = {
    StsThrottled: error?.outcome === "throttled" ? 1 : 0,
    InvalidMappings: record.invalidMappings,
    StaleReads: record.staleReads,
    ColdStart: record.coldStart ? 1 : 0,
  };
  return embeddedMetrics({ requests: "Reviews", milliseconds, counts, version }, clusterId, outcome, now);
}

/** The time of a stage that called its service. Empty if a cache answered or the review ended before the stage. */
function asked({ ms, cached }: ReviewRecord, stage: Stage): number[] {
  const time = cached[stage] === false ? ms[stage] : undefined;
  return time === undefined ? [] : [time];
}
