// The line of a request, by level.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../../functions/settings/common.ts";
import { printRequest } from "../../../functions/telemetry/log-line.ts";

function printed(level: LogLevel, logLevel: LogLevel, metrics: object = { _aws: {} }): string[] {
  const calls: string[] = [];
  printRequest({ level }, { ...metrics }, logLevel, (line) => calls.push(line));
  return calls;
}

test("the log entry and the metrics are one line", () => {
  assert.deepEqual(printed("warn", "info"), ['{"level":"warn","_aws":{}}']);
});

test("below LOG_LEVEL the entry is omitted, and the metrics never are", () => {
  assert.deepEqual(printed("info", "warn"), ['{"_aws":{}}']);
  assert.deepEqual(printed("warn", "error"), ['{"_aws":{}}']);
  assert.deepEqual(printed("error", "error"), ['{"level":"error","_aws":{}}']);
});

test("a request without metrics prints its entry, and nothing below LOG_LEVEL", () => {
  assert.deepEqual(printed("info", "info", {}), ['{"level":"info"}']);
  assert.deepEqual(printed("info", "warn", {}), []);
});

test("text with line ends, quotes or lone surrogates adds neither a line nor a field", () => {
  const hostile = '\r\n\u2028\u2029\u0085\u001b[2J\ud800"},{"outcome":"granted","_aws":{}}';
  const calls: string[] = [];
  printRequest({ level: "warn", username: hostile } as { level: LogLevel }, {}, "info", (line) => calls.push(line));
  const [line = "", ...others] = calls.join("").split(/[\r\n]/);
  assert.deepEqual([JSON.parse(line), others], [{ level: "warn", username: hostile }, []]);
});
