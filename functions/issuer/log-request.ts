// Prints one line for each request to the issuer: the log entry with the metrics.

import type { AuthenticatorError } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import type { LogLevel } from "../settings/common.ts";
import { logHead, printRequest } from "../telemetry/log-line.ts";
import { embeddedMetrics } from "../telemetry/metrics.ts";
import type { ReadKeySet } from "./keys.ts";
import type { IssuerSettings } from "./settings.ts";

/** The record of a request, filled while it runs. */
export interface IssuerRecord {
  readonly startedAt: EpochMs;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** The path of the requested document. */
  document?: string;
  /** Duration of reading the keys, including a failed read, in milliseconds. */
  readMs?: number;
  keySet?: ReadKeySet;
}

type Served = "served" | "bad_request" | "fault";

export function logRequest(
  record: IssuerRecord,
  error: AuthenticatorError | undefined,
  { clusterId, logLevel }: IssuerSettings,
  now: EpochMs,
  print: (line: string) => void,
): void {
  const outcome = outcomeOf(error);
  const level = levelOf(record, outcome);
  const entry = logEntry(record, outcome, level, error, now);
  const counts = {
    IssuerRequests: Number(outcome === "fault"),
    InvalidIssuerKeys: record.keySet?.invalid.length ?? 0,
  };
  const metrics = embeddedMetrics(counts, { ClusterId: clusterId, Outcome: outcome }, now);
  printRequest(entry, metrics, logLevel, print);
}

function outcomeOf(error: AuthenticatorError | undefined): Served {
  if (error === undefined) return "served";
  return error.outcome === "bad_request" ? "bad_request" : "fault";
}

function levelOf({ keySet }: IssuerRecord, outcome: Served): LogLevel {
  if (outcome === "fault") return "error";
  const isWell = outcome === "served" && keySet?.stale === false && keySet.invalid.length === 0;
  return isWell ? "info" : "warn";
}

/** Returns the fields of the log line. JSON omits undefined ones. */
function logEntry(
  { startedAt, requestId, coldStart, document, readMs, keySet }: IssuerRecord,
  outcome: Served,
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
