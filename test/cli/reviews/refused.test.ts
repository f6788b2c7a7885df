// `reviews` where the log cannot be found, may not be read, or is only read in part: one sentence, and never half as if it were all.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { logsForbidden } from "../../../local/logs/errors.ts";
import { ssmThrottling } from "../../../local/parameter-store/protocol.ts";
import { cli } from "../cli.ts";
import { stacksForbidden, startStacks } from "../stacks.ts";
import { LOG_GROUP, type LoggedCluster, linesOf, loggedCluster, MINUTE, NOW } from "./services.ts";

const alice = { arn: "arn:aws:iam::111122223333:user/alice", outcome: "granted" } as const;

let cluster: LoggedCluster;
before(async () => {
  cluster = await loggedCluster(linesOf({ ...alice, time: NOW - 30 * MINUTE }));
});
afterEach(() => {
  cluster.logs.fail(undefined);
  cluster.stacks.fail(undefined);
});
after(() => cluster.close());

test("the log group is the output LogGroup of the cluster's stack; --log-group needs no stack", async () => {
  assert.equal((await cluster.reviews([])).code, 0);
  const asked = () => JSON.parse(cluster.logs.requests.at(-1)?.body.toString() ?? "{}");
  assert.equal(asked().logGroupName, LOG_GROUP);
  const before = cluster.stacks.requests.length;
  assert.equal((await cluster.reviews(["--log-group", LOG_GROUP])).code, 0);
  assert.equal(cluster.stacks.requests.length, before);
});

test("an ARN as the console shows it is asked for without its end", async () => {
  const arn = `arn:aws:logs:us-east-1:111122223333:log-group:${LOG_GROUP}`;
  await cluster.reviews(["--log-group", `${arn}:*`]);
  assert.equal(JSON.parse(cluster.logs.requests.at(-1)?.body.toString() ?? "{}").logGroupIdentifier, arn);
});

test("an app of one's own has a stack of another name, and CDK's names of outputs", async () => {
  const others = await startStacks({
    Platform: { AuthenticatorLogGroup1A2B3C4D: LOG_GROUP, CatalogGroup: "x", BlogLogGroupName: "y" },
    Two: { OneLogGroup1A2B3C4D: "a", TwoLogGroup1A2B3C4D: "b" },
    None: { Endpoint: "x" },
  });
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = others.url;
  assert.equal((await cluster.reviews(["--stack", "Platform"])).code, 0);
  const two = await cluster.reviews(["--stack", "Two"]);
  assert.deepEqual(
    [two.code, two.err],
    [2, "The stack Two has several of them: a, b. Give the log group of the function: --log-group <name>.\n"],
  );
  const none = await cluster.reviews(["--stack", "None"]);
  assert.deepEqual(
    [none.code, none.err],
    [2, "The stack None has no output LogGroup. Give the log group of the function: --log-group <name>.\n"],
  );
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = cluster.stacks.url;
  await others.close();
});

test("no such stack, no such log group: exit code 2, and what to give", async () => {
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

test("no permission: exit code 3, and which one is missing", async () => {
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
      `No permission to read the log: logs:FilterLogEvents on the log group ${LOG_GROUP}. The construct's grantReadReviews gives it.\n`,
    ],
  );
});

test("where CloudFormation does not answer, as beside the sandbox, the log group can be named", async () => {
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = "http://127.0.0.1:1";
  const { code, err } = await cluster.reviews(["stats"], { environment: { AWS_MAX_ATTEMPTS: "1" } });
  process.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = cluster.stacks.url;
  assert.equal(code, 3);
  assert.match(err, /^No connection to \S+ port 1 .*\nTo read the log without .*, give --log-group <name>\.\n$/);
});

test("a read that AWS ends half-way prints what it has, and says that this is not all", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => linesOf({ ...alice, time: NOW - 50 * MINUTE + i })).flat();
  cluster.events.unshift(...many);
  let calls = 0;
  const failLater = () => {
    calls = 0;
    cluster.logs.fail(() => {
      calls += 1;
      return calls > 1 ? ssmThrottling() : undefined;
    });
  };
  for (const words of [[], ["--each"], ["stats"]]) {
    failLater();
    const { code, out, err } = await cluster.reviews(words, { environment: { AWS_MAX_ATTEMPTS: "1" } });
    assert.equal(code, 3);
    assert.match(out, /user\/alice/);
    const end = "2026-11-24T15:40:0\\dZ";
    const told = `^This is not all: the log was read from 2026-11-24T15:30:00Z to ${end} only\\.\nAWS throttles these calls`;
    assert.match(err, new RegExp(told));
  }
  cluster.events.splice(0, many.length);
});

test("Ctrl-C half-way prints what was read, and says so", async () => {
  const interrupt = new AbortController();
  let calls = 0;
  const many = Array.from({ length: 20_000 }, (_, i) => linesOf({ ...alice, time: NOW - 50 * MINUTE + i })).flat();
  cluster.events.unshift(...many);
  cluster.logs.fail(() => {
    calls += 1;
    if (calls > 1) interrupt.abort();
    return undefined;
  });
  const { code, out, err } = await cluster.reviews([], { interrupted: interrupt.signal });
  assert.equal(code, 130);
  assert.match(out, /user\/alice/);
  assert.match(err, /^This is not all: .* only\.\nInterrupted\.\n$/);
  cluster.events.splice(0, many.length);
});

test("the command keeps to its rate", async () => {
  const many = Array.from({ length: 12_000 }, (_, i) => linesOf({ ...alice, time: NOW - 50 * MINUTE + i })).flat();
  cluster.events.unshift(...many);
  const before = cluster.logs.requests.length;
  const start = performance.now();
  assert.equal((await cluster.reviews(["stats", "--rate", "10"])).code, 0);
  const calls = cluster.logs.requests.length - before;
  assert.ok(calls >= 3, `${calls} calls`);
  const elapsed = performance.now() - start;
  // The last one may come some milliseconds early, as timers do.
  assert.ok(elapsed >= (calls - 1) * 100 - 5, `${calls} calls in ${elapsed} ms`);
  cluster.events.splice(0, many.length);
});
