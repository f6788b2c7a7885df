// `reviews` if the log is missing, not readable, or only partly read: one message, and no partial result without a warning.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { logsForbidden, ssmThrottling } from "../../local/service-faults.ts";
import { cli } from "../cli.ts";
import { stacksForbidden, startStacks } from "../stacks.ts";
import { LOG_GROUP, type LoggedCluster, lineOf, loggedCluster, MINUTE, NOW } from "./services.ts";

const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;
/** More than a page. */
const MANY = Array.from({ length: 12_000 }, (_, i) => lineOf({ ...alice, time: NOW - 50 * MINUTE + i }));

let cluster: LoggedCluster;
before(async () => {
  cluster = await loggedCluster([lineOf({ ...alice, time: NOW - 30 * MINUTE })]);
});
afterEach(() => {
  cluster.events.splice(0, cluster.events.length - 1);
  cluster.logs.fail(undefined);
  cluster.stacks.fail(undefined);
});
after(() => cluster.close());

test("it reads the stack's output LogGroup, or --log-group without a stack", async () => {
  assert.equal((await cluster.reviews([])).code, 0);
  const asked = () => JSON.parse(cluster.logs.requests.at(-1)?.body.toString() ?? "{}");
  assert.equal(asked().logGroupName, LOG_GROUP);
  const before = cluster.stacks.requests.length;
  assert.equal((await cluster.reviews(["--log-group", LOG_GROUP])).code, 0);
  assert.equal(cluster.stacks.requests.length, before);
});

test("the suffix :* of an ARN from the console is removed", async () => {
  const arn = `arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`;
  await cluster.reviews(["--log-group", `${arn}:*`]);
  assert.equal(JSON.parse(cluster.logs.requests.at(-1)?.body.toString() ?? "{}").logGroupIdentifier, arn);
});

test("--stack names another stack, which must have the output LogGroup", async () => {
  const others = await startStacks({ Platform: { LogGroup: LOG_GROUP }, None: { Endpoint: "x" } });
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = others.url;
  assert.equal((await cluster.reviews(["--stack", "Platform"])).code, 0);
  const none = await cluster.reviews(["--stack", "None"]);
  assert.deepEqual(
    [none.code, none.err],
    [2, "The stack None has no output LogGroup. Give the log group of the function: --log-group <name>.\n"],
  );
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = cluster.stacks.url;
  await others.close();
});

test("a missing stack or log group exits with 2 and names the option", async () => {
  const noStack = await cli(["reviews", "-c", "dev.example"]);
  assert.deepEqual(
    [noStack.code, noStack.err],
    [
      2,
      "There is no stack IamAuthenticator-dev-example-228120e3 in region us-east-1. Give --stack <name>, or --log-group <name>: the stack's output LogGroup.\n",
    ],
  );
  const noGroup = await cluster.reviews(["--log-group", "nowhere"]);
  assert.deepEqual(
    [noGroup.code, noGroup.err],
    [2, "There is no log group nowhere in region us-east-1. Check --log-group, --region and the account.\n"],
  );
});

test("a missing permission exits with 3 and is named", async () => {
  cluster.stacks.fail(stacksForbidden());
  const stack = await cluster.reviews([]);
  assert.deepEqual(
    [stack.code, stack.err],
    [
      3,
      "No permission to look up the log group: cloudformation:DescribeStacks on the stack IamAuthenticator-prod. Give --log-group <name> (the stack's output LogGroup), or allow it, as the construct's grantReadReviews does.\n",
    ],
  );
  cluster.logs.fail(logsForbidden(LOG_GROUP));
  const log = await cluster.reviews(["--log-group", LOG_GROUP]);
  assert.deepEqual(
    [log.code, log.err],
    [
      3,
      `No permission to read the log: logs:FilterLogEvents on the log group ${LOG_GROUP}. The construct's grantReadReviews grants it.\n`,
    ],
  );
});

test("a response without events never reads as no reviews", async () => {
  cluster.logs.fail({ kind: "answer", status: 200, body: "{}" });
  for (const words of [[], ["--each"], ["stats"]]) {
    const { code, err } = await cluster.reviews(words, { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.equal(code, 3);
    assert.match(err, /^The response to CloudWatchLogs FilterLogEvents is not from AWS \(events is missing\): /m);
  }
});

test("if CloudFormation does not answer, the error suggests --log-group", async () => {
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = "http://127.0.0.1:1";
  const { code, err } = await cluster.reviews(["stats"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = cluster.stacks.url;
  assert.equal(code, 3);
  assert.match(err, /^No connection to \S+ port 1 .*\nTo read the log without .*, give --log-group <name>\.\n$/);
});

test("if AWS fails during the read, it prints the partial result and a warning", async () => {
  cluster.events.unshift(...MANY);
  for (const words of [[], ["--each"], ["stats"]]) {
    let calls = 0;
    cluster.logs.fail(() => {
      calls += 1;
      return calls > 1 ? ssmThrottling() : undefined;
    });
    const { code, out, err } = await cluster.reviews(words, { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.equal(code, 3);
    assert.match(out, /user\/alice/);
    const end = "2026-11-24T15:40:0\\dZ";
    const told = `^Incomplete: the log was read only from 2026-11-24T15:30:00Z to ${end}\\.\nAWS still throttles these calls`;
    assert.match(err, new RegExp(told));
  }
});

test("on Ctrl-C during the read, it prints the partial result and a warning", async () => {
  const interrupt = new AbortController();
  let calls = 0;
  cluster.events.unshift(...MANY);
  cluster.logs.fail(() => {
    calls += 1;
    if (calls > 1) interrupt.abort();
    return undefined;
  });
  const { code, out, err } = await cluster.reviews([], { interrupted: interrupt.signal });
  assert.equal(code, 130);
  assert.match(out, /user\/alice/);
  assert.match(err, /^Incomplete: the log was read only from .*\.\nInterrupted\.\n$/);
});

test("the command does not exceed its rate", async () => {
  cluster.events.unshift(...MANY);
  const before = cluster.logs.requests.length;
  const start = performance.now();
  assert.equal((await cluster.reviews(["stats", "--rate", "10"])).code, 0);
  const calls = cluster.logs.requests.length - before;
  assert.ok(calls >= 3, `${calls} calls`);
  const elapsed = performance.now() - start;
  // Timers may fire some milliseconds early.
  assert.ok(elapsed >= (calls - 1) * 100 - 5, `${calls} calls in ${elapsed} ms`);
});
