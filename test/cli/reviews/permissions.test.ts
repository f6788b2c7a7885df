// `reviews` with the permissions of the construct's grantReadReviews, and without them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { User } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { grantReviews } from "../../../infra/grants.ts";
import type { LocalRequest } from "../../../local/http-server.ts";
import { logsForbidden } from "../../local/service-faults.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { reportCluster } from "../report/services.ts";
import { accessDenied } from "../stacks.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW, useLoggedCluster } from "./services.ts";

const ALICE = "arn:aws:iam::111122223333:user/alice";
const LOG_ARN = `arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`;

/** Action and resources of each statement that the construct creates for this log group. */
function granted() {
  const stack = new Stack(new App(), "IamAuthenticator-prod");
  const log = LogGroup.fromLogGroupArn(stack, "Log", LOG_ARN);
  const grant = grantReviews(stack, [log], new User(stack, "Reader"));
  return grant.principalStatements.map(({ actions, resources }) => ({ actions, resources }));
}
const grants = (action: string) => granted().filter(({ actions }) => actions.includes(action));

/** Whether IAM allows a call of FilterLogEvents: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html */
function mayFilter({ body }: LocalRequest): boolean {
  const stream = `${LOG_ARN.replace(LOG_GROUP, JSON.parse(body.toString()).logGroupName)}:log-stream:`;
  const resources = grants("logs:FilterLogEvents").flatMap((one) => one.resources);
  return resources.some((arn) => arn.endsWith("*") && stream.startsWith(arn.slice(0, -1)));
}

const cluster = useLoggedCluster([lineOf({ time: NOW - MINUTE, outcome: "not_ours" })]);

test("grantReadReviews is sufficient for list, --each and stats, and grants only this log", async () => {
  cluster.logs.fail((request) => (mayFilter(request) ? undefined : logsForbidden(LOG_GROUP)));
  const describe = "cloudformation:DescribeStacks";
  cluster.stacks.fail(grants(describe).length > 0 ? undefined : accessDenied(describe));
  for (const words of ["", "--each", "stats"]) await prints(cluster.reviews(words), /not_ours/i);
  const operations = [
    ...cluster.logs.requests.map(({ headers }) => headers["x-amz-target"]),
    ...cluster.stacks.requests.map(({ body }) => new URLSearchParams(body.toString()).get("Action")),
  ];
  assert.deepEqual([...new Set(operations)], ["Logs_20140328.FilterLogEvents", "DescribeStacks"]);
  await exits(cluster.reviews("--log-group another"), 3);
});

test("grantReadReviews grants each call for the log that report makes, also on Ctrl-C", async () => {
  const report = await reportCluster({ mappings: { "user/111122223333/alice": { arn: ALICE, username: "alice" } } });
  await report.report([]);
  const interrupt = new AbortController();
  await report.report([], { interrupted: interrupt.signal, onSleep: () => interrupt.abort() });
  await report.close();
  const called = new Set(report.calls().map((operation) => `logs:${operation}`));
  const actions = new Set(granted().flatMap((statement) => statement.actions));
  assert.deepEqual([called.size, [...called].filter((action) => !actions.has(action))], [4, []]);
});
