// The local Logs Insights: the states and pages of a query, the supported language, and errors; and DescribeLogGroups.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  GetQueryResultsCommand,
  StartQueryCommand,
  type StartQueryCommandInput,
  StopQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { startLogs } from "../../../local/logs/logs.ts";
import { parseQuery } from "../../../local/logs/query.ts";
import { sdkOptions } from "../sdk-options.ts";

const line = (second: number, fields: object) => ({ timestamp: second * 1000 + 5, message: JSON.stringify(fields) });
const events = [
  line(10, { kind: "a", name: "x" }),
  line(20, { kind: "a", name: "x" }),
  line(30, { kind: "a", name: "y" }),
  line(40, { kind: "a" }),
  line(50, { kind: "b", name: "x" }),
  { timestamp: 60_000, message: "not JSON" },
];
const many = Array.from({ length: 25_000 }, (_, i) => line(i, { kind: "a", name: `n${i}` }));
const QUERY = 'filter kind = "a" | stats max(@timestamp) as last, count(*) as n by name';

const server = await startLogs({
  groups: { "/app/log": () => events, "/app/other": () => [], many: () => many },
  properties: { "/app/log": { creationTime: 7, retentionInDays: 30 } },
});
const logs = new CloudWatchLogsClient(sdkOptions(server.url));
after(() => server.close());

async function start(input: Partial<StartQueryCommandInput> = {}): Promise<string> {
  const command = { logGroupName: "/app/log", startTime: 0, endTime: 100_000, queryString: QUERY, ...input };
  const { queryId = "" } = await logs.send(new StartQueryCommand(command));
  return queryId;
}
const results = (queryId: string, nextToken?: string) => logs.send(new GetQueryResultsCommand({ queryId, nextToken }));

/** The rows as objects. */
async function rowsOf(input: Partial<StartQueryCommandInput> = {}) {
  const queryId = await start(input);
  for (;;) {
    const { status, results: rows = [] } = await results(queryId);
    if (status === "Complete")
      return rows.map((row) => Object.fromEntries(row.map(({ field, value }) => [field, value])));
  }
}

test("a query is scheduled, then running with a part of its rows, then complete", async () => {
  const queryId = await start();
  const states = [];
  for (let i = 0; i < 4; i += 1) states.push(await results(queryId));
  assert.deepEqual(
    states.map(({ status, results: rows, statistics }) => [status, rows?.length, statistics?.recordsScanned]),
    [
      ["Scheduled", 0, 0],
      ["Running", 1, 6],
      ["Complete", 3, 6],
      ["Complete", 3, 6],
    ],
  );
  assert.equal(states[3]?.statistics?.recordsMatched, 4);
});

test("rows are grouped, and a missing field is missing from its row", async () => {
  assert.deepEqual(await rowsOf(), [
    { name: "x", last: "1970-01-01 00:00:20.005", n: "2" },
    { name: "y", last: "1970-01-01 00:00:30.005", n: "1" },
    { last: "1970-01-01 00:00:40.005", n: "1" },
  ]);
});

test("the time is in seconds and includes its start and end", async () => {
  assert.deepEqual(
    (await rowsOf({ startTime: 20, endTime: 30 })).map(({ n }) => n),
    ["1", "1"],
  );
});

test("results have pages of 10,000 rows, up to the limit of the query", async () => {
  const queryId = await start({ logGroupName: "many", limit: 22_000 });
  await results(queryId);
  await results(queryId);
  const sizes = [];
  let nextToken: string | undefined;
  do {
    const page = await results(queryId, nextToken);
    sizes.push(page.results?.length);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(sizes, [10_000, 10_000, 2_000]);
  assert.equal((await rowsOf({ logGroupName: "many" })).length, 10_000);
});

test("a query that is not complete can be stopped once", async () => {
  const queryId = await start();
  assert.equal((await logs.send(new StopQueryCommand({ queryId }))).success, true);
  assert.deepEqual((await results(queryId)).status, "Cancelled");
  await assert.rejects(logs.send(new StopQueryCommand({ queryId })), { name: "InvalidParameterException" });
  const complete = await start();
  for (let i = 0; i < 3; i += 1) await results(complete);
  await assert.rejects(logs.send(new StopQueryCommand({ queryId: complete })), { name: "InvalidParameterException" });
});

test("invalid requests fail with the service's errors", async () => {
  const refusals: [Partial<StartQueryCommandInput>, string][] = [
    [{ logGroupName: "/other" }, "ResourceNotFoundException"],
    [{ startTime: 5, endTime: 4 }, "InvalidParameterException"],
    [{ limit: 100_001 }, "InvalidParameterException"],
    [{ queryString: "fields @message" }, "MalformedQueryException"],
    [{ logGroupName: undefined, logGroupNames: ["/app/log"] }, "InvalidParameterException"],
  ];
  for (const [input, name] of refusals) await assert.rejects(start(input), { name }, JSON.stringify(input));
  await assert.rejects(results("other"), { name: "ResourceNotFoundException" });
  await assert.rejects(results(await start(), "other"), { name: "InvalidParameterException" });
});

test("queries support conditions with = and like, and both aggregates by fields", () => {
  const count = (query: string) => parseQuery(query)(events).rows.length;
  assert.equal(count('filter kind = "a" | stats count(*) as n by kind'), 1);
  assert.equal(count('filter kind = "a" and name like "x" | stats count(*) as n by kind, name'), 1);
  assert.equal(count('filter name like "" | stats max(@timestamp) as t by name'), 2);
  assert.equal(count('filter constructor = "x" | stats count(*) as n by kind'), 0);
  const refused = [
    "",
    "filter",
    'filter kind = "a"',
    "stats count(*) as n by kind",
    "filter kind = a | stats count(*) as n by kind",
    'filter kind = "a" or kind = "b" | stats count(*) as n by kind',
    'filter kind != "a" | stats count(*) as n by kind',
    "filter kind like /a/ | stats count(*) as n by kind",
    'filter kind = "a" | stats count(*) by kind',
    'filter kind = "a" | stats sum(x) as n by kind',
    'filter kind = "a" | stats count(*) as n',
    'filter kind = "a" | stats count(*) as n by bin(1h)',
    'filter kind = "a" | stats count(*) as n by kind | limit 5',
    'fields kind | filter kind = "a" | stats count(*) as n by kind',
  ];
  for (const query of refused) assert.throws(() => parseQuery(query), { code: "MalformedQueryException" }, query);
});

test("DescribeLogGroups lists the groups with a prefix, with their retention", async () => {
  const named = async (logGroupNamePrefix?: string) => {
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    return logGroups.map(({ logGroupName, creationTime, retentionInDays }) => [
      logGroupName,
      creationTime,
      retentionInDays,
    ]);
  };
  assert.deepEqual(await named("/app"), [
    ["/app/log", 7, 30],
    ["/app/other", 0, undefined],
  ]);
  assert.equal((await named()).length, 3);
  const refused = logs.send(new DescribeLogGroupsCommand({ logGroupNamePattern: "x" }));
  await assert.rejects(refused, { name: "InvalidParameterException" });
});
