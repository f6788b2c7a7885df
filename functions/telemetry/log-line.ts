// Builds the first fields of every function's log line, and prints the line with its metrics.

import type { AuthenticatorError } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { failureKind } from "../lib/retry.ts";
import { LOG_LEVELS, type LogLevel } from "../settings/common.ts";

/** Returns the first fields of a log line. JSON omits undefined ones. */
export function logHead(
  level: LogLevel,
  outcome: string,
  error: AuthenticatorError | undefined,
  now: EpochMs,
) {
  return {
    // Lambda's JSON log format requires this name, and `level`:
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    timestamp: new Date(now).toISOString(),
    level,
    outcome,
    reason: error?.code,
    message: error?.message,
    ...causeOf(error),
  };
}

/**
 * Prints one line: the entry and the metrics, or below `logLevel` only the metrics, if there are
 * any. `line` does not end with a newline.
 */
export function printRequest(
  entry: { readonly level: LogLevel },
  metrics: Readonly<Record<string, unknown>>,
  logLevel: LogLevel,
  print: (line: string) => void,
): void {
  const isLogged = LOG_LEVELS.indexOf(entry.level) >= LOG_LEVELS.indexOf(logLevel);
  if (isLogged) print(JSON.stringify({ ...entry, ...metrics }));
  else if ("_aws" in metrics) print(JSON.stringify(metrics));
}

const STACK_FRAME = /^ +at [\w.$<>[\] ]*\(?(?:file|node):[\w/.:@%+-]+\)?$/;

/**
 * Returns the kind of failure and, for an unexpected error, its stack, but never the message of a
 * foreign error, which can quote secret input.
 */
function causeOf(error: AuthenticatorError | undefined): { cause?: string; stack?: string[] } {
  if (error?.cause === undefined) return {};
  const cause = failureKind(error.cause);
  if (error.code !== "internal_fault" || !(error.cause instanceof Error)) return { cause };
  const frames = error.cause.stack?.split("\n").filter((line) => STACK_FRAME.test(line)) ?? [];
  return { cause, stack: frames.map((line) => line.trim()) };
}
