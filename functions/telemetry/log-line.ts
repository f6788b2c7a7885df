// What a request leaves on standard output: what every function's log line begins with, and the printing of its lines.

import type { AuthenticatorError } from "../errors.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { failureKind } from "../lib/retry.ts";
import { LOG_LEVELS, type LogLevel } from "../settings/common.ts";

/** The first fields of a line; JSON leaves out those without a value. `now` in milliseconds since 1970. */
export function logHead(level: LogLevel, outcome: string, error: AuthenticatorError | undefined, now: EpochMs) {
  return {
    // The name that Lambda's JSON log format looks for, beside `level`:
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
 * The log line, from `logLevel` on, and the metrics, whatever the level. `print` takes whole lines, without the end of the
 * last one; it is called once, since each write to standard output is a system call.
 */
export function printRequest(
  entry: { readonly level: LogLevel },
  metricsLine: string,
  logLevel: LogLevel,
  print: (lines: string) => void,
): void {
  const isLogged = LOG_LEVELS.indexOf(entry.level) >= LOG_LEVELS.indexOf(logLevel);
  print(isLogged ? `${JSON.stringify(entry)}\n${metricsLine}` : metricsLine);
}

const STACK_FRAME = /^ +at [\w.$<>[\] ]*\(?(?:file|node):[\w/.:@%+-]+\)?$/;

/**
 * For the person who corrects it: the kind of failure and, for a fault that nobody foresaw, where it arose. Never the
 * text of a foreign error, which may quote what it failed on.
 */
function causeOf(error: AuthenticatorError | undefined): { cause?: string; stack?: string[] } {
  if (error?.cause === undefined) return {};
  const cause = failureKind(error.cause);
  if (error.code !== "internal_fault" || !(error.cause instanceof Error)) return { cause };
  const frames = error.cause.stack?.split("\n").filter((line) => STACK_FRAME.test(line)) ?? [];
  return { cause, stack: frames.map((line) => line.trim()) };
}
