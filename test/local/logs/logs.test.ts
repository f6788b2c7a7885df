// The local CloudWatch Logs: pages and limits, supported patterns, and errors.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { parseFilterPattern } from "../../../local/logs/filter-pattern.ts";
import { eventsOfFile, startLogs } from "../../../local/logs/logs.ts";
import { sdkOptions } from "../sdk-options.ts";

const events = Array.from({ length: 30_000 }, (_, i) => ({
  timestamp: 1000 + i,
  message: JSON.stringify({ outcome: i % 10_000 === 0 ? "denied" : "granted", n: { i: `n${i}` } }),
}));
const large = Array.from({ length: 4 }, (_, i) => ({
  timestamp: i,
  message: JSON.stringify({ a: "x".repeat(400_000) }),
}));

const server = await startLogs({ groups: { "/app/log": () => events, large: () => large } });
const logs = new CloudWatchLogsClient(sdkOptions(server.url));
after(() => server.close());

function filter(input: Partial<FilterLogEventsCommandInput> = {}) {
  return logs.send(new FilterLogEventsCommand({ logGroupName: "/app/log", ...input }));
}

test("a page has up to 10,000 events, or up to the requested limit, and a token for the next page", async () => {
  const first = await filter();
  assert.deepEqual([first.events?.length, first.events?.[0]?.timestamp], [10_000, 1000]);
  const second = await filter({ nextToken: first.nextToken });
  assert.equal(second.events?.[0]?.timestamp, 11_000);
  const { events: few = [], nextToken } = await filter({ limit: 3, startTime: 1005, endTime: 1006 });
  assert.deepEqual(
    few.map(({ timestamp }) => timestamp),
    [1005, 1006],
  );
  assert.notEqual(nextToken, undefined);
  assert.equal(new Set([...(first.events ?? []), ...(second.events ?? [])].map(({ eventId }) => eventId)).size, 20_000);
});

test("a page is at most 1 MiB", async () => {
  const { events = [], nextToken } = await filter({ logGroupName: "large" });
  assert.equal(events.length, 2);
  assert.equal((await filter({ logGroupName: "large", nextToken })).events?.length, 2);
});

test("a short page may have a token, and all pages together contain every match", async () => {
  const found: number[] = [];
  let nextToken: string | undefined;
  let calls = 0;
  do {
    const page = await filter({ filterPattern: '{ $.outcome = "denied" }', nextToken });
    found.push(...(page.events ?? []).map(({ timestamp = 0 }) => timestamp));
    nextToken = page.nextToken;
    calls += 1;
  } while (nextToken !== undefined);
  assert.deepEqual([found, calls], [[1000, 11_000, 21_000], 2]);
});

test("invalid requests fail with the service's errors", async () => {
  const { nextToken } = await filter();
  const refusals: [Partial<FilterLogEventsCommandInput>, string][] = [
    [{ logGroupName: "/other" }, "ResourceNotFoundException"],
    [{ logGroupName: "" }, "InvalidParameterException"],
    [{ logGroupName: "a b" }, "InvalidParameterException"],
    [{ limit: 0 }, "InvalidParameterException"],
    [{ limit: 10_001 }, "InvalidParameterException"],
    [{ startTime: -1 }, "InvalidParameterException"],
    [{ nextToken: "other" }, "InvalidParameterException"],
    // A token is valid only for the same request.
    [{ nextToken, startTime: 5 }, "InvalidParameterException"],
    [{ filterPattern: "x".repeat(1025) }, "InvalidParameterException"],
    [{ filterPattern: "{ $.a" }, "InvalidParameterException"],
    [{ logStreamNames: ["x"] }, "InvalidParameterException"],
  ];
  for (const [input, name] of refusals) await assert.rejects(filter(input), { name }, JSON.stringify(input));
  await assert.rejects(logs.send(new DescribeLogStreamsCommand({})), { name: "UnknownOperationException" });
});

test("calls above the quota per second are throttled", async () => {
  const slow = await startLogs({ groups: { a: () => [] }, throughput: 5 });
  const client = new CloudWatchLogsClient(sdkOptions(slow.url));
  const calls = Array.from({ length: 6 }, () => client.send(new FilterLogEventsCommand({ logGroupName: "a" })));
  const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected");
  assert.deepEqual(
    refused.map((one) => one.status === "rejected" && one.reason.name),
    ["ThrottlingException"],
  );
  await slow.close();
});

test("patterns support comparisons, and, or, parentheses, and a wildcard at the end", () => {
  const line = JSON.stringify({ a: "one", b: { c: "two words" }, n: 1, __proto: 1 });
  const cases: [string, boolean][] = [
    ["", true],
    ['{ $.a = "one" }', true],
    ['{$.a="one"}', true],
    ['{ $.a = "two" }', false],
    ['{ $.a != "two" }', true],
    ['{ $.x != "two" }', false],
    ['{ $.b.c = "two words" }', true],
    ['{ $.b.c = "two*" }', true],
    ['{ $.b.c = "*" }', true],
    ['{ $.n = "1" }', false],
    ['{ $.a = "two" || $.b.c = "two*" }', true],
    ['{ $.a = "two" || $.a = "one" && $.b.c = "x" }', false],
    ['{ ($.a = "one" || $.a = "two") && ($.b.c = "two words") }', true],
    ['{ $.constructor.name = "Object" }', false],
  ];
  for (const [pattern, expected] of cases) assert.equal(parseFilterPattern(pattern)(line), expected, pattern);
  assert.equal(parseFilterPattern('{ $.a = "one" }')("not JSON"), false);
  const unknown = ["ERROR", "{ }", "{ $.a }", "{ $.a = one }", '{ $.a > "1" }', '{ $.a = "x*y" }', '{ $.a = "x\\"" }'];
  const broken = ['{ ($.a = "1" }', '{ $.a = "1" } x', '{ $.a = "1" && }', '{ $.a = "1" $.b = "2" }', "[a, b]"];
  for (const pattern of [...unknown, ...broken]) {
    assert.throws(() => parseFilterPattern(pattern), { code: "InvalidParameterException" }, pattern);
  }
});

test("lines of a log file without a time have that of the line before", () => {
  const folder = mkdtempSync(join(tmpdir(), "logs-"));
  const file = join(folder, "function.log");
  writeFileSync(file, '{"timestamp":"2026-11-24T16:00:00.000Z","outcome":"granted"}\nplain text\n{"_aws":{}}\n');
  const time = Date.UTC(2026, 10, 24, 16);
  assert.deepEqual(
    eventsOfFile(file).map(({ timestamp }) => timestamp),
    [time, time, time],
  );
  rmSync(folder, { recursive: true });
});
