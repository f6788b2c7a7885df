// The line of a request, by level.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogLevel } from "../../../functions/settings/common.ts";
import { printRequest } from "../../../functions/telemetry/log-line.ts";

for (const [what, level, logLevel, metrics, expected] of [
  ["the log entry and the metrics are one line", "warn", "info", { _aws: {} }, ['{"level":"warn","_aws":{}}']],
  ["an entry of LOG_LEVEL itself is printed", "error", "error", { _aws: {} }, ['{"level":"error","_aws":{}}']],
  ["below LOG_LEVEL the entry is omitted, and the metrics never are", "info", "warn", { _aws: {} }, ['{"_aws":{}}']],
  ["below LOG_LEVEL error, a warning is omitted", "warn", "error", { _aws: {} }, ['{"_aws":{}}']],
  ["a request without metrics prints its entry", "info", "info", {}, ['{"level":"info"}']],
  ["a request without metrics prints nothing below LOG_LEVEL", "info", "warn", {}, []],
] as const) {
  test(what, () => {
    const lines: string[] = [];
    printRequest({ level }, { ...metrics }, logLevel, (line) => lines.push(line));
    assert.deepEqual(lines, expected);
  });
}

test("text with line ends, quotes or lone surrogates adds neither a line nor a field", () => {
  const hostile = '\r\n\u2028\u2029\u0085\u001b[2J\ud800"},{"outcome":"granted","_aws":{}}';
  const calls: string[] = [];
  printRequest({ level: "warn", username: hostile } as { level: LogLevel }, {}, "info", (line) => calls.push(line));
  const [line = "", ...others] = calls.join("").split(/[\r\n]/);
  assert.deepEqual([JSON.parse(line), others], [{ level: "warn", username: hostile }, []]);
});
