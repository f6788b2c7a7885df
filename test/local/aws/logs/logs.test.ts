// The local CloudWatch Logs: pages, limits and errors, the states of a query, and filter patterns.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  CloudWatchLogs,
  type FilterLogEventsCommandInput,
  type StartQueryCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { parseFilterPattern } from "../../../../local/aws/logs/filter-pattern.ts";
import { eventsOfFile } from "../../../../local/aws/logs/logs.ts";
import { useFolder } from "../../../cli/fixtures.ts";
import { startLogs } from "../../../local-aws.ts";
import { sdkOptions } from "../clients.ts";

const events = Array.from({ length: 30_000 }, (_, i) => ({
  timestamp: 1000 + i,
  message: JSON.stringify({
    kind: "a",
    outcome: i % 10_000 === 0 ? "denied" : "granted",
    name: `n${i}`,
  }),
}));
const large = Array.from({ length: 4 }, (_, timestamp) => ({
  timestamp,
  message: `"${"x".repeat(400_000)}"`,
}));
const few = [
  { timestamp: 10_005, message: '{"kind":"a","name":"x"}' },
  { timestamp: 20_005, message: '{"kind":"a","name":"x"}' },
  { timestamp: 30_005, message: '{"kind":"a"}' },
  { timestamp: 40_005, message: '{"kind":"b"}' },
  { timestamp: 50_000, message: "not JSON" },
];
const server = await startLogs({
  groups: { "/app/log": () => events, large: () => large, few: () => few },
  properties: { "/app/log": { creationTime: 7, retentionInDays: 30 } },
});
const logs = new CloudWatchLogs(sdkOptions(server.url));
after(() => server.close());

const filter = (input: Partial<FilterLogEventsCommandInput> = {}) =>
  logs.filterLogEvents({ logGroupName: "/app/log", ...input });
const QUERY = 'filter kind = "a" | stats max(@timestamp) as last, count(*) as n by name';
async function start(input: Partial<StartQueryCommandInput> = {}): Promise<string> {
  const command = {
    logGroupName: "few",
    startTime: 0,
    endTime: 100_000,
    queryString: QUERY,
    ...input,
  };
  const { queryId = "" } = await logs.startQuery(command);
  return queryId;
}
const results = (queryId: string, nextToken?: string) =>
  logs.getQueryResults({ queryId, nextToken });
async function pagesOf<P extends { nextToken?: string | undefined }>(
  load: (nextToken?: string) => Promise<P>,
) {
  const pages = [await load()];
  while (pages.at(-1)?.nextToken !== undefined) pages.push(await load(pages.at(-1)?.nextToken));
  return pages;
}
const stop = (queryId: string) => logs.stopQuery({ queryId });

test("a page has up to 10,000 events, 1 MiB or the requested limit", async () => {
  const first = await filter();
  assert.deepEqual([first.events?.length, first.events?.[0]?.timestamp], [10_000, 1000]);
  assert.equal((await filter({ nextToken: first.nextToken })).events?.[0]?.timestamp, 11_000);
  const limited = await filter({ limit: 3, startTime: 1005, endTime: 1006 });
  assert.deepEqual(
    [limited.events?.map(({ timestamp }) => timestamp), !limited.nextToken],
    [[1005, 1006], false],
  );
  const { events: two, nextToken } = await filter({ logGroupName: "large" });
  assert.deepEqual([two?.length, nextToken === undefined], [2, false]);
});

test("a short page may have a token, and all pages together contain every match", async () => {
  const pages = await pagesOf((nextToken) =>
    filter({ filterPattern: '{ $.outcome = "denied" }', nextToken }),
  );
  const found = pages.flatMap(({ events: matches = [] }) =>
    matches.map(({ timestamp }) => timestamp),
  );
  assert.deepEqual([found, pages.length], [[1000, 11_000, 21_000], 2]);
});

test("a query is scheduled, then running, then complete", async () => {
  const queryId = await start();
  const states = [];
  for (let i = 0; i < 4; i += 1) states.push(await results(queryId));
  const seen = states.map(
    (state) => `${state.status} ${state.results?.length} of ${state.statistics?.recordsScanned}`,
  );
  assert.deepEqual(seen, [
    "Scheduled 0 of 0",
    "Running 1 of 5",
    "Complete 2 of 5",
    "Complete 2 of 5",
  ]);
  const rows = states[3]?.results?.map((row) =>
    Object.fromEntries(row.map(({ field, value }) => [field, value])),
  );
  assert.deepEqual(rows, [
    { name: "x", last: "1970-01-01 00:00:20.005", n: "2" },
    { last: "1970-01-01 00:00:30.005", n: "1" },
  ]);
  await assert.rejects(stop(queryId), { name: "InvalidParameterException" });
});

test("a query that is not complete can be stopped once", async () => {
  const queryId = await start();
  assert.equal((await stop(queryId)).success, true);
  assert.equal((await results(queryId)).status, "Cancelled");
  await assert.rejects(stop(queryId), { name: "InvalidParameterException" });
});

test("results have pages of 10,000 rows, up to the limit of the query, whose time is in seconds", async () => {
  for (const [input, expected] of [
    [{ limit: 22_000 }, [10_000, 10_000, 2_000]],
    [{}, [10_000]],
    [{ limit: 22_000, endTime: 1 }, [1_000]],
  ] as const) {
    const queryId = await start({ logGroupName: "/app/log", ...input });
    for (const _ of ["Scheduled", "Running"]) await results(queryId);
    const pages = await pagesOf((nextToken) => results(queryId, nextToken));
    const sizes = pages.map((page) => page.results?.length);
    assert.deepEqual(sizes, expected);
  }
});

const INVALID = "InvalidParameterException";
test("invalid requests fail with the service's errors", async () => {
  for (const input of [
    ...["", "a b"].map((logGroupName) => ({ logGroupName })),
    ...[0, 10_001].map((limit) => ({ limit })),
    ...["x".repeat(1025), "{ $.a"].map((filterPattern) => ({ filterPattern })),
    ...[{ startTime: -1 }, { nextToken: "other" }, { logStreamNames: ["x"] }],
  ]) {
    await assert.rejects(filter(input), { name: INVALID }, JSON.stringify(input));
  }
  const several = { logGroupName: undefined, logGroupNames: ["/app/log"] };
  for (const input of [{ startTime: 5, endTime: 4 }, { limit: 100_001 }, several]) {
    await assert.rejects(start(input), { name: INVALID }, JSON.stringify(input));
  }
  for (const call of [filter, start]) {
    await assert.rejects(call({ logGroupName: "/other" }), { name: "ResourceNotFoundException" });
  }
  await assert.rejects(start({ queryString: "fields @message" }), {
    name: "MalformedQueryException",
  });
  const { nextToken } = await filter();
  await assert.rejects(
    filter({ nextToken, startTime: 5 }),
    { name: INVALID },
    "a token of another request",
  );
  await assert.rejects(results("other"), { name: "ResourceNotFoundException" });
  await assert.rejects(results(await start(), "other"), { name: INVALID });
  await assert.rejects(logs.describeLogStreams({}), { name: "UnknownOperationException" });
  await assert.rejects(logs.describeLogGroups({ logGroupNamePattern: "x" }), { name: INVALID });
});

test("DescribeLogGroups lists the groups with a prefix, with their retention", async () => {
  const { logGroups = [] } = await logs.describeLogGroups({ logGroupNamePrefix: "/app" });
  const found = logGroups.map((group) => [
    group.logGroupName,
    group.creationTime,
    group.retentionInDays,
  ]);
  assert.deepEqual(found, [["/app/log", 7, 30]]);
});

test("calls above the quota per second are throttled", async () => {
  const slow = await startLogs({ groups: { a: () => [] }, throughput: 5 });
  const client = new CloudWatchLogs(sdkOptions(slow.url));
  const calls = Array.from({ length: 6 }, () => client.filterLogEvents({ logGroupName: "a" }));
  const refused = (await Promise.allSettled(calls)).flatMap((outcome) =>
    outcome.status === "rejected" ? outcome.reason.name : [],
  );
  assert.deepEqual(refused, ["ThrottlingException"]);
  await slow.close();
});

test("lines of a log file without a time have that of the line before", () => {
  const lines =
    '{"timestamp":"2026-11-24T16:00:00.000Z","outcome":"granted"}\nplain text\n{"_aws":{}}\n';
  const times = new Set(
    eventsOfFile(useFolder().write("function.log", lines)).map(({ timestamp }) => timestamp),
  );
  assert.deepEqual([...times], [Date.UTC(2026, 10, 24, 16)]);
});

test("patterns support comparisons, and, or, parentheses, and a wildcard at the end", () => {
  const line = JSON.stringify({ a: "one", b: { c: "two words" }, n: 1, __proto: 1 });
  for (const [pattern, expected] of [
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
  ] as const) {
    assert.equal(parseFilterPattern(pattern)(line), expected, pattern);
  }
  assert.equal(parseFilterPattern('{ $.a = "one" }')("not JSON"), false);
  for (const pattern of [
    "ERROR",
    "{ }",
    "{ $.a }",
    '{ $.a > "1" }',
    '{ $.a = "x*y" }',
    '{ ($.a = "1" }',
    "[a, b]",
  ]) {
    assert.throws(
      () => parseFilterPattern(pattern),
      { code: "InvalidParameterException" },
      pattern,
    );
  }
});
