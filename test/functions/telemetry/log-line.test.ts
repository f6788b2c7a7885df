// The log line and the metrics of a request, by level.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../../functions/settings/common.ts";
import { printRequest } from "../../../functions/telemetry/log-line.ts";

const METRICS = '{"_aws":{}}';

function printed(level: LogLevel, logLevel: LogLevel): string[] {
  const calls: string[] = [];
  printRequest({ level }, METRICS, logLevel, (lines) => calls.push(lines));
  return calls;
}

test("the log line and the metrics are two lines of one write", () => {
  assert.deepEqual(printed("warn", "info"), ['{"level":"warn"}\n{"_aws":{}}']);
});

test("below LOG_LEVEL the log line is omitted, and the metrics never are", () => {
  assert.deepEqual(printed("info", "warn"), ['{"_aws":{}}']);
  assert.deepEqual(printed("warn", "error"), ['{"_aws":{}}']);
  assert.deepEqual(printed("error", "error"), ['{"level":"error"}\n{"_aws":{}}']);
});

test("text with line ends, quotes or lone surrogates adds neither a line nor a field", () => {
  const hostile = '\r\n\u2028\u2029\u0085\u001b[2J\ud800"},{"outcome":"granted","_aws":{}}';
  const calls: string[] = [];
  printRequest({ level: "warn", username: hostile } as { level: LogLevel }, METRICS, "info", (text) =>
    calls.push(text),
  );
  const lines = calls.join("").split(/[\r\n]/);
  assert.equal(lines.length, 2);
  assert.deepEqual(JSON.parse(lines[0] ?? ""), { level: "warn", username: hostile });
});
