// Prints one log line and one line of metrics for each request to the issuer.

import type { AuthenticatorError } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import type { LogLevel } from "../settings/common.ts";
import { embeddedMetrics } from "../telemetry/embedded-metrics.ts";
import { logHead, printRequest } from "../telemetry/log-line.ts";
import type { ReadKeySet } from "./keys.ts";
import type { IssuerSettings } from "./settings.ts";

/** The record of a request, filled while it runs. */
export interface IssuerRecord {
  readonly startedAt: EpochMs;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** The function's version, if it was invoked through an alias. */
  readonly version: string | undefined;
  /** The path of the requested document. */
  document?: string;
  /** Duration of reading the keys, including a failed read, in milliseconds. */
  readMs?: number;
  keySet?: ReadKeySet;
}

type Outcome = "served" | "bad_request" | "fault";

export function logRequest(
  record: IssuerRecord,
  error: AuthenticatorError | undefined,
  { clusterId, logLevel }: IssuerSettings,
  now: EpochMs,
  print: (lines: string) => void,
): void {
  const outcome = error === undefined ? "served" : error.outcome === "bad_request" ? "bad_request" : "fault";
  const level = levelOf(record, outcome);
  const entry = logEntry(record, outcome, level, error, now);
  printRequest(entry, metricsLine(record, outcome, clusterId, now), logLevel, print);
}

function levelOf({ keySet }: IssuerRecord, outcome: Outcome): LogLevel {
  if (outcome === "fault") return "error";
  const isWell = outcome === "served" && keySet?.stale === false && keySet.invalid.length === 0;
  return isWell ? "info" : "warn";
}

/** JSON omits undefined fields. */
function logEntry(
  { startedAt, requestId, coldStart, document, readMs, keySet }: IssuerRecord,
  outcome: Outcome,
  level: LogLevel,
  error: AuthenticatorError | undefined,
  now: EpochMs,
) {
  return {
    ...logHead(level, outcome, error, now),
    document,
    keys: keySet?.keys.map(({ kid }) => kid),
    invalidKeys: keySet?.invalid.map(({ parameter, problem }) => `${parameter} ${problem}`),
    ms: { parameters: readMs, total: now - startedAt },
    cached: keySet?.cached,
    stale: keySet?.stale,
    coldStart,
    requestId,
  };
}

function metricsLine(
  { startedAt, coldStart, version, readMs, keySet }: IssuerRecord,
  outcome: Outcome,
  clusterId: string,
  now: EpochMs,
) {
  const milliseconds = {
    IssuerLatency: [now - startedAt],
    IssuerSsmLatency: readMs === undefined || keySet?.cached === true ? [] : [readMs],
  };
  const counts = {
    InvalidIssuerKeys: keySet?.invalid.length ?? 0,
    StaleIssuerKeys: keySet?.stale === true ? 1 : 0,
    IssuerColdStart: coldStart ? 1 : 0,
  };
  return embeddedMetrics({ requests: "IssuerRequests", milliseconds, counts, version }, clusterId, outcome, now);
}
