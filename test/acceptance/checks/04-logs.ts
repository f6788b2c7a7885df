// Check 4: the log event of a review, and its metrics.

import { hash } from "node:crypto";
import { isObject } from "../../../functions/lib/json.ts";
import { AwsError } from "../aws.ts";
import { eventsOf, LOGS_MS, type LogEvent, objectsIn, pagesOf, sumOf } from "../logs.ts";
import { matching } from "../rows.ts";
import type { Check } from "../runner.ts";
import { mustRun, ROLE_USER, type Site } from "../site.ts";
import { until } from "../world.ts";

/** A review prints both lines together, and no other review runs during this time. */
const QUIET_MS = 10_000;
const NEAR_MS = 2_000;

export const check: Check = {
  number: 4,
  title: "Logs and metrics",
  minutes: 8,
  async run(site, rows) {
    const { world } = site;
    await site.ensure();
    let found: Awaited<ReturnType<typeof linesOf>> | undefined;
    const since = world.now();

    await rows.see("one event for each review", "1 event, with metrics", async () => {
      await site.login();
      await world.sleep(QUIET_MS);
      const token = await site.token();
      await site.review(token);
      found = await linesOf(site, hash("sha256", token).slice(0, 12), since);
      const { events, reviews } = found;
      return `${events} event${events === 1 ? "" : "s"}, ${isObject(reviews[0]?.["_aws"]) ? "with" : "without"} metrics`;
    });
    const form = /^timestamp \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z, level info$/i;
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    const stamped = matching("timestamp in RFC 3339, level info", form);
    await rows.see("timestamp and level", stamped, () => {
      const { timestamp, level } = found?.reviews[0] ?? {};
      return `timestamp ${timestamp ?? "missing"}, level ${level ?? "missing"}`;
    });
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    await rows.see(
      "metrics",
      matching("granted Reviews of this cluster: 1 or more", /^Reviews: [1-9]/),
      async () => {
        const dimensions = { ClusterId: site.clusterId, Outcome: "granted" };
        return `Reviews: ${await sumOf(site, "LambdaIamAuthenticator", "Reviews", dimensions, since, 1)}`;
      },
    );
    // The alarms Failing and Refused use FILL, also of metrics that a healthy cluster never writes.
    await rows.see(
      "FILL of a metric that was never written",
      matching("1 or more", /^[1-9]\d*$/),
      () => filledSum(site, since),
    );
    await rows.see("report command", "the time of this check's login", async () => {
      const printed = JSON.parse(await mustRun(site.command(["report", "-o", "json"]))) as Record<
        string,
        unknown
      >[];
      const times = printed.map(({ lastLogin }) => Date.parse(String(lastLogin)));
      const isRecent = times.some(
        (time) => time >= since - QUIET_MS && time <= world.now() + QUIET_MS,
      );
      return isRecent
        ? "the time of this check's login"
        : `the times ${printed.map(({ lastLogin }) => lastLogin)}`;
    });
    const paged = matching(
      `${LINES} lines, 2 pages or more`,
      new RegExp(`^${LINES} lines on ([2-9]|\\d\\d+) pages$`),
    );
    await rows.see("second page of a query", paged, () => longQuery(site));
    await rows.see("reviews command", `granted, ${ROLE_USER}`, async () => {
      const args = ["reviews", "list", "--since", "15m", "--outcome", "granted", "-o", "json"];
      const find = async () => {
        const printed = JSON.parse(await mustRun(site.command(args))) as Record<string, unknown>[];
        return printed.find(({ username }) => username === ROLE_USER);
      };
      const review = await until(world, LOGS_MS, find, (found) => found !== undefined);
      return review === undefined ? "not found" : `${review["outcome"]}, ${review["username"]}`;
    });
  },
};

async function filledSum({ aws, world, clusterId }: Site, since: number): Promise<string> {
  const metric = (Id: string, Outcome: string) => {
    const Dimensions = Object.entries({ ClusterId: clusterId, Outcome }).map(([Name, Value]) => ({
      Name,
      Value,
    }));
    const Metric = { Namespace: "LambdaIamAuthenticator", MetricName: "Reviews", Dimensions };
    return { Id, MetricStat: { Metric, Period: 60, Stat: "Sum" }, ReturnData: false };
  };
  const sum = { Id: "total", Expression: "FILL(never, 0) + FILL(granted, 0)", ReturnData: true };
  const look = async () => {
    const { MetricDataResults } = await aws<{ MetricDataResults: { Values: number[] }[] }>(
      "cloudwatch",
      "get-metric-data",
      {
        MetricDataQueries: [metric("never", "never_written"), metric("granted", "granted"), sum],
        StartTime: new Date(since - QUIET_MS).toISOString(),
        EndTime: new Date(world.now() + 60_000).toISOString(),
      },
    );
    return (MetricDataResults[0]?.Values ?? []).reduce((total, value) => total + value, 0);
  };
  return String(await until(world, 10 * 60_000, look, (total) => total > 0));
}

/**
 * More than a page of results:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html
 */
const LINES = 12_000;
/** As many as fit into an argument of a program. */
const BATCH = 1_500;

async function longQuery(site: Site): Promise<string> {
  const { aws, world, clusterId } = site;
  const logGroupName = `IamAuthenticator-${clusterId}-pages`;
  // With --cluster, the group exists, and earlier runs' lines are before `since`.
  await aws("logs", "create-log-group", { logGroupName }).catch(unlessExisting);
  const since = world.now();
  const stream = { logGroupName, logStreamName: `lines-${since}` };
  await aws("logs", "create-log-stream", stream);
  for (let written = 0; written < LINES; written += BATCH) {
    const logEvents = Array.from({ length: BATCH }, (_, at) => ({
      timestamp: since,
      message: `${written + at}`,
    }));
    await aws("logs", "put-log-events", { ...stream, logEvents });
  }
  const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);
  const look = () => pagesOf(site, logGroupName, since);
  const sizes = await until(world, LOGS_MS, look, (all) => total(all) >= LINES);
  return `${total(sizes)} lines on ${sizes.length} pages`;
}

function unlessExisting(error: unknown): void {
  if (!(error instanceof AwsError) || error.code !== "ResourceAlreadyExistsException") throw error;
}

/** `events`: the number of JSON events of the same environment and time. */
async function linesOf({ aws, world, ...site }: Site, tokenHash: string, since: number) {
  const { outputs } = await site.ensure();
  const group = outputs["LogGroup"] ?? "";
  const isReview = ({ message }: LogEvent) => message.includes(`"tokenHash":"${tokenHash}"`);
  const look = () => eventsOf(aws, group, since);
  const events = await until(world, LOGS_MS, look, (all) => all.some(isReview));
  const own = events.filter(isReview);
  const [first] = own;
  const isNear = ({ logStreamName, timestamp }: LogEvent) =>
    logStreamName === first?.logStreamName && Math.abs(timestamp - first.timestamp) < NEAR_MS;
  return { reviews: objectsIn(own), events: objectsIn(events.filter(isNear)).length };
}
