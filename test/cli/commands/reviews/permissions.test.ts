// `reviews` with the permissions of the construct's grantReadReviews, and if the log is missing,
// not readable, or only partly read: one message, and no partial result without a warning.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { App, Stack } from "aws-cdk-lib";
import { User } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { grantReviews } from "../../../../infra/grants.ts";
import type { Fault, LocalRequest } from "../../../../local/aws/http-server.ts";
import { logsForbidden, ssmThrottling } from "../../../local/aws/service-faults.ts";
import { cli } from "../../cli.ts";
import { accessDenied, startStacks } from "../../stacks.ts";
import { exits, prints } from "../mappings/cluster.ts";
import { reportCluster } from "../report/services.ts";
import { LOG_GROUP, lineOf, MINUTE, NOW, useLoggedCluster } from "./services.ts";

const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;
const ONCE = { environment: { AWS_MAX_ATTEMPTS: "1" } };
const MANY = Array.from({ length: 12_000 }, (_, i) =>
  lineOf({ ...alice, time: NOW - 50 * MINUTE + i }),
);
const cluster = useLoggedCluster([lineOf({ ...alice, time: NOW - 30 * MINUTE })]);
afterEach(() => {
  cluster.events.splice(0, cluster.events.length - 1);
  cluster.logs.fail(undefined);
  cluster.stacks.fail(undefined);
});

const LOG_ARN = `arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`;

function granted() {
  const stack = new Stack(new App(), "IamAuthenticator-prod");
  const grant = grantReviews(
    stack,
    [LogGroup.fromLogGroupArn(stack, "Log", LOG_ARN)],
    new User(stack, "Reader"),
  );
  return grant.principalStatements.map(({ actions, resources }) => ({ actions, resources }));
}
const grants = (action: string) => granted().filter(({ actions }) => actions.includes(action));

/**
 * Whether IAM allows a call of FilterLogEvents:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
function mayFilter({ body }: LocalRequest): boolean {
  const stream = `${LOG_ARN.replace(LOG_GROUP, JSON.parse(body.toString()).logGroupName)}:log-stream:`;
  const resources = grants("logs:FilterLogEvents").flatMap((grant) => grant.resources);
  return resources.some((arn) => arn.endsWith("*") && stream.startsWith(arn.slice(0, -1)));
}

test("grantReadReviews is sufficient for list and --each, and grants only this log", async () => {
  cluster.logs.fail((request) => (mayFilter(request) ? undefined : logsForbidden(LOG_GROUP)));
  const describe = "cloudformation:DescribeStacks";
  cluster.stacks.fail(grants(describe).length > 0 ? undefined : accessDenied(describe));
  for (const words of ["", "--each"]) await prints(cluster.reviews(words), /granted/i);
  const ofLogs = cluster.logs.requests.map(({ headers }) => headers["x-amz-target"]);
  const ofStacks = cluster.stacks.requests.map(({ body }) =>
    new URLSearchParams(body.toString()).get("Action"),
  );
  assert.deepEqual(
    [...new Set([...ofLogs, ...ofStacks])],
    ["Logs_20140328.FilterLogEvents", "DescribeStacks"],
  );
  await exits(cluster.reviews("--log-group another"), 3);
});

test("it reads the output LogGroup of --stack, or --log-group without a stack", async () => {
  const asked = () => cluster.logs.requests.at(-1)?.body.toString() ?? "";
  await exits(cluster.reviews([]), 0);
  assert.match(asked(), new RegExp(`"logGroupName":"${LOG_GROUP}"`));
  const before = cluster.stacks.requests.length;
  // The console copies an ARN with this suffix.
  await cluster.reviews(["--log-group", `${LOG_ARN}:*`]);
  assert.match(asked(), new RegExp(`"logGroupIdentifier":"${LOG_ARN}"`));
  assert.equal(cluster.stacks.requests.length, before);
  const others = await startStacks({ Platform: { LogGroup: LOG_GROUP }, None: { Endpoint: "x" } });
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = others.url;
  await exits(cluster.reviews("--stack Platform"), 0);
  const none =
    "The stack None has no output LogGroup. Give the log group of the function: --log-group <name>.\n";
  await exits(cluster.reviews("--stack None"), 2, none);
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = cluster.stacks.url;
  await others.close();
});

test("a missing stack or log group exits with 2, a silent CloudFormation with 3", async () => {
  const stack =
    /^No stack IamAuthenticator-dev-example-228120e3 in region us-east-1\. Use --stack, or /;
  await exits(cli("reviews -c dev.example"), 2, stack);
  const logGroup =
    "No log group nowhere in region us-east-1. Check --log-group, --region and the account.\n";
  await exits(cluster.reviews("--log-group nowhere"), 2, logGroup);
  cluster.stacks.fail({ kind: "reset" });
  await exits(
    cluster.reviews([], ONCE),
    3,
    /^No connection.*\nTo read the log .*--log-group <name>\.\n$/,
  );
});

test("a missing permission exits with 3 and is named", async () => {
  cluster.stacks.fail(accessDenied("cloudformation:DescribeStacks"));
  const stack =
    /^No permission to look up the log group: cloudformation:DescribeStacks on the stack IamAuthenticator-prod/;
  await exits(cluster.reviews([]), 3, stack);
  cluster.logs.fail(logsForbidden(LOG_GROUP));
  const log = `No permission to read the log: logs:FilterLogEvents on the log group ${LOG_GROUP}. `;
  await exits(
    cluster.reviews(["--log-group", LOG_GROUP]),
    3,
    new RegExp(`^${log}The construct's grantReadReviews `),
  );
});

test("a response without events never reads as no reviews", async () => {
  cluster.logs.fail({ kind: "answer", status: 200, body: "{}" });
  for (const words of [[], ["--each"]]) {
    const message =
      /^The response to CloudWatchLogs FilterLogEvents is not from AWS \(events is missing\): /m;
    await exits(cluster.reviews(words, ONCE), 3, message);
  }
});

function afterFirstRead(act: () => Fault | undefined): void {
  let calls = 0;
  cluster.events.unshift(...MANY);
  cluster.logs.fail(() => (++calls > 1 ? act() : undefined));
}

for (const words of [[], ["--each"]]) {
  test(`if AWS fails during the read, reviews ${words.join(" ")} prints a part and a warning`, async () => {
    afterFirstRead(ssmThrottling);
    const { err } = await exits(cluster.reviews(words, ONCE), 3, undefined, /user\/alice/);
    const range = "from 2026-11-24T15:30:00Z to 2026-11-24T15:40:0\\dZ";
    assert.match(
      err,
      new RegExp(`^Incomplete: the log was read only ${range}\\.\nAWS still throttles these calls`),
    );
  });
}

test("on Ctrl-C during the read, it prints the partial result and a warning", async () => {
  const interrupt = new AbortController();
  afterFirstRead(() => {
    interrupt.abort();
    return undefined;
  });
  const run = cluster.reviews([], { interrupted: interrupt.signal });
  await exits(
    run,
    130,
    /^Incomplete: the log was read only from .*\.\nInterrupted\.\n$/,
    /user\/alice/,
  );
});

test("the command does not exceed its rate", async () => {
  cluster.events.unshift(...MANY);
  const [before, start] = [cluster.logs.requests.length, performance.now()];
  await exits(cluster.reviews(["--rate", "10"]), 0);
  const calls = cluster.logs.requests.length - before;
  // Timers may fire some milliseconds early.
  assert.ok(calls >= 3 && performance.now() - start >= (calls - 1) * 100 - 5, `${calls} calls`);
});

test("grantReadReviews grants each call for the log that report makes, also on Ctrl-C", async () => {
  const mapping = { arn: alice.arn, username: "alice" };
  const report = await reportCluster({ mappings: { "user/111122223333/alice": mapping } });
  await report.report([]);
  const interrupt = new AbortController();
  await report.report([], { interrupted: interrupt.signal, onSleep: () => interrupt.abort() });
  await report.close();
  const called = new Set(report.calls().map((operation) => `logs:${operation}`));
  const actions = new Set(granted().flatMap((statement) => statement.actions));
  assert.deepEqual([called.size, [...called].filter((action) => !actions.has(action))], [4, []]);
});
