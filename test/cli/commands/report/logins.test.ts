// The query of the log: what it cannot show, its states, its pages, and how it is stopped.

import assert from "node:assert/strict";
import { test } from "node:test";
import { logsForbidden } from "../../../local/aws/service-faults.ts";
import { cli } from "../../cli.ts";
import { exits } from "../mappings/cluster.ts";
import { ACCOUNT } from "../mappings/several.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW } from "../reviews/services.ts";
import { DAY, login, useReport } from "./services.ts";

const ARN = `arn:aws:iam::${ACCOUNT}:role/Used`;
const USED = `role/${ACCOUNT}/used`;
const OF_OTHER = { arn: `arn:aws:iam::${ACCOUNT}:role/Other`, username: "other" };
const MAPPINGS = { [USED]: { arn: ARN, username: "used" }, [`role/${ACCOUNT}/other`]: OF_OTHER };
const events = [login(USED, ARN, 3)];
const start = useReport();
let cluster: Awaited<ReturnType<typeof start>>;
const open = async (setup: Partial<Parameters<typeof start>[0]> = {}) => {
  cluster = await start({ mappings: MAPPINGS, events, ...setup });
};

async function findings(): Promise<string[]> {
  const lines: { findings: Record<string, string>[] }[] = JSON.parse(
    (await cluster.report("-o json")).out,
  );
  return lines.flatMap((line) =>
    line.findings.flatMap(({ code, message = "" }) => (code === "unused" ? message : [])),
  );
}

const answering = (operation: string, answer: () => string, status = 200) =>
  cluster.logs.fail(({ headers }) =>
    headers["x-amz-target"]?.endsWith(operation)
      ? { kind: "answer", status, body: answer() }
      : undefined,
  );

for (const [what, log, sentence, since] of [
  [
    "a shorter retention",
    { retentionInDays: 30 },
    "10-25T16:30:00Z, because the log group keeps 30 days.",
    "10-25",
  ],
  [
    "a later log group",
    { creationTime: NOW - 10 * DAY },
    "11-14T16:30:00Z, when the log group was created.",
    "11-14",
  ],
  ["a retention as long as asked for", { retentionInDays: 90 }, undefined, "08-26"],
  ["no retention", {}, undefined, "08-26"],
] as const) {
  test(`${what} is ${sentence ? "one sentence, and the start in the findings" : "not reported"}`, async () => {
    await open({ log });
    await exits(
      cluster.report([]),
      0,
      sentence ? `The log goes back only to 2026-${sentence}\n` : "",
    );
    assert.deepEqual(await findings(), [`no login since 2026-${since}T16:30:00Z`]);
    await open({ log, written: 2 });
    const written = "last written on 2026-11-22T16:30:00Z";
    assert.deepEqual(await findings(), [`no login since 2026-${since}T16:30:00Z, ${written}`]);
  });
}

test("reviews --since before the start of the log prints where the log begins", async () => {
  await open({ log: { creationTime: NOW - 10 * DAY } });
  const reviews = (since: string) => cli(`reviews -c prod --since ${since}`, { now: NOW });
  const start = "The log goes back only to 2026-11-14T16:30:00Z, when the log group was created.\n";
  // Sets the environment, too.
  await exits(cluster.report([]), 0, start);
  await exits(reviews("90d"), 0, start);
  await exits(reviews("5d"), 0, "");
  cluster.logs.fail(({ headers }) =>
    headers["x-amz-target"]?.endsWith("DescribeLogGroups") ? logsForbidden(LOG_GROUP) : undefined,
  );
  await exits(reviews("90d"), 0, "");
});

test("a retention as long as asked for covers the time, although the clock goes on", async () => {
  await open({ log: { retentionInDays: 90 } });
  await exits(
    cluster.report("--unused 90d", { ticks: true }),
    0,
    "Checked 2 of 2 mappings.\n",
    / role\/111122223333\/other\n$/,
  );
  await exits(cluster.report([], { ticks: true }), 0, "");
});

test("counts that are no numbers mean that the log cannot be read", async () => {
  await open();
  const fields = { "@timestamp": "2026-11-01 10:00:00.000", "@message": "{}" };
  const lines = [Object.entries(fields).map(([field, value]) => ({ field, value }))];
  answering(".GetQueryResults", () => JSON.stringify({ status: "Complete", results: lines }));
  for (const words of [[], ["--unused", "90d"]])
    await exits(cluster.report(words), 3, /^The log cannot be read: /, "");
});

test("a log without granted logins, or without their mappings, finds nothing unused", async () => {
  await open({ events: [] });
  const level = "With a logLevel above info, the function does not log granted logins.";
  await exits(
    cluster.report([]),
    0,
    `The log has no granted login since 2026-08-26T16:30:00Z. ${level}\n`,
  );
  assert.deepEqual(await findings(), []);
  // At logLevel warn, the line of a granted review has only the metrics.
  const { _aws, ClusterId, Outcome, Reviews } = JSON.parse(
    lineOf({ time: NOW, outcome: "granted" }).message,
  );
  const metrics = {
    timestamp: NOW - MINUTE,
    message: JSON.stringify({ _aws, ClusterId, Outcome, Reviews }),
  };
  await open({ events: [...events, metrics, metrics] });
  await exits(
    cluster.report([]),
    0,
    `The log does not name the mapping of 2 granted logins. ${level}\n`,
  );
  assert.deepEqual(await findings(), []);
});

test("denied reviews, and reviews before the start or of another mapping, are not logins", async () => {
  const other = `role/${ACCOUNT}/other`;
  const message = login(other, ARN, 1).message.replaceAll('"granted"', '"denied"');
  const denied = { timestamp: NOW - DAY, message };
  await open({
    events: [...events, denied, login(other, ARN, 91), { timestamp: NOW, message: "not JSON" }],
  });
  const { out } = await cluster.report(["-o", "json"]);
  assert.deepEqual(out.match(/(?<="reviews": )\d+/g), ["0", "1"]);
});

test("it waits a second between two requests for the results, and shows the progress", async () => {
  await open({ events: Array.from({ length: 20 }, () => login(USED, ARN, 1)) });
  const waits: number[] = [];
  const options = { onSleep: (ms: number) => waits.push(ms), watched: true };
  await exits(cluster.report([], options), 0, /Searching the log: lines 20/);
  assert.deepEqual(waits, [1000, 1000]);
  assert.deepEqual(cluster.calls(), [
    "DescribeLogGroups",
    "StartQuery",
    ...Array(3).fill("GetQueryResults"),
  ]);
});

test("on Ctrl-C, it stops the query and prints nothing", async () => {
  await open();
  const interrupt = new AbortController();
  const options = { interrupted: interrupt.signal, onSleep: () => interrupt.abort() };
  await exits(cluster.report([], options), 130, "Interrupted.\n", "");
  assert.equal(cluster.calls().at(-1), "StopQuery");
  assert.match(
    JSON.parse(cluster.logs.requests.at(-1)?.body.toString() ?? "").queryId,
    /^[0-9a-f-]{36}$/,
  );
});

test("a query without a result is never read as no logins", async () => {
  await open();
  const states = ["Failed", "Timeout", "Cancelled"].map((status) => ({ status, results: [] }));
  for (const answer of [...states, { status: "Complete" }, { status: undefined }]) {
    answering(".GetQueryResults", () => JSON.stringify(answer));
    const status = `its status is ${answer.status ?? "missing"}`;
    const message = `CloudWatch Logs did not complete the query: ${status}. Use a later --since.\n`;
    await exits(cluster.report([]), 3, message, "");
  }
});

test("all pages of the results count, and times may be in milliseconds", async () => {
  await open({ events: [] });
  const page = (last: string) => {
    const row = { parameter: `/iam-authenticator/prod/${USED}`, last, reviews: "2" };
    return {
      status: "Complete",
      results: [Object.entries(row).map(([field, value]) => ({ field, value }))],
    };
  };
  const pages = [{ ...page(String(NOW)), nextToken: "next" }, page("2026-11-01 10:00:00.000")];
  answering(".GetQueryResults", () => JSON.stringify(pages.shift()));
  const [, used] = JSON.parse((await cluster.report("-o json")).out);
  assert.deepEqual([used.reviews, used.lastLogin], [4, new Date(NOW).toISOString()]);
});

test("a missing log group is named, and the ARN of one loses its suffix", async () => {
  await open();
  const missing = "No log group nowhere in region us-east-1. Check --log-group and --region.\n";
  await exits(cluster.report("--log-group nowhere"), 2, missing);
  const arn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${LOG_GROUP}`;
  answering(".StartQuery", () => '{"__type": "AccessDeniedException", "message": "x"}', 400);
  await exits(cluster.report(["--log-group", `${arn}:*`]), 3, "No permission: x.\n");
  assert.match(
    cluster.logs.requests.at(-1)?.body.toString() ?? "",
    new RegExp(`"logGroupIdentifiers":\\["${arn}"\\]`),
  );
});
