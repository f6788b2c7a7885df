// One log line and one line of metrics for each request to the issuer.

import type { AuthenticatorError } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import type { LogLevel } from "../settings/common.ts";
import { embeddedMetrics } from "../telemetry/embedded-metrics.ts";
import { logHead, printRequest } from "../telemetry/log-line.ts";
import type { ReadKeySet } from "./keys.ts";
import type { IssuerSettings } from "./settings.ts";

/** What a request leaves behind: filled in while it runs. */
export interface IssuerRecord {
  /** Milliseconds since 1970. */
  readonly startedAt: EpochMs;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** Of the function, where an alias called it. */
  readonly version: string | undefined;
  /** The path of the document that was asked for. */
  document?: string;
  /** Milliseconds for the keys, also where they could not be read. */
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

/** Fields without a value are left out by JSON. */
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
