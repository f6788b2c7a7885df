// Check 4: the log event of a review, and its metrics.

import { hash } from "node:crypto";
import { isObject } from "../../../functions/lib/json.ts";
import { eventsOf, LOGS_MS, type LogEvent, objectsIn, sumOf } from "../logs.ts";
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
    // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    const stamped = matching(
      "timestamp in RFC 3339, level info",
      /^timestamp \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z, level info$/i,
    );
    await rows.see("timestamp and level", stamped, () => {
      const { timestamp, level } = found?.reviews[0] ?? {};
      return `timestamp ${timestamp ?? "missing"}, level ${level ?? "missing"}`;
    });
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    await rows.see("metrics", matching("granted Reviews of this cluster: 1 or more", /^Reviews: [1-9]/), async () => {
      const dimensions = { ClusterId: site.clusterId, Outcome: "granted" };
      return `Reviews: ${await sumOf(site, "LambdaIamAuthenticator", "Reviews", dimensions, since, 1)}`;
    });
    await rows.see("reviews command", `granted, ${ROLE_USER}`, async () => {
      const args = ["reviews", "list", "--since", "15m", "--outcome", "granted", "-o", "json"];
      const find = async () => {
        const printed = JSON.parse(await mustRun(site.command(args))) as Record<string, unknown>[];
        return printed.find(({ username }) => username === ROLE_USER);
      };
      const review = await until(world, LOGS_MS, find, (one) => one !== undefined);
      return review === undefined ? "not found" : `${review["outcome"]}, ${review["username"]}`;
    });
  },
};

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
