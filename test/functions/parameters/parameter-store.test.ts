// Parameter Store through the real SDK: one call for all names, one retry, time limits, and a fault
// for every failure.

import assert from "node:assert/strict";
import { after, afterEach, mock, test } from "node:test";
import { hasCode } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import {
  createParameterStore,
  createPathReader,
} from "../../../functions/parameters/parameter-store.ts";
import type { Fault } from "../../../local/aws/http-server.ts";
import { keyVariables } from "../../aws-variables.ts";
import { OPERATOR, startParameterStore } from "../../local-aws.ts";
import { mockTime, passEach } from "../../time.ts";

let hours = 0;
/** Throttled calls do not wait, and no failure is remembered: each time is an hour later. */
const OPTIONS = {
  region: "us-east-1",
  random: () => 0,
  clock: () => {
    hours += 1;
    return hours * 3_600_000;
  },
};
const store = await startParameterStore({ parameters: { "/p/a": "one", "/p/b": "two" } });
store.put("/p/secret", "hidden", { type: "SecureString" });
store.put("/p/list", "a,b", { type: "StringList" });
Object.assign(process.env, {
  ...{ AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_SSM: store.url },
  ...keyVariables(OPERATOR),
});
const { fetchParameters } = createParameterStore({ ...OPTIONS, endpoint: new URL(store.url) });
const fetchPath = createPathReader({ ...OPTIONS, endpoint: new URL(store.url) });
after(() => store.close());
afterEach(() => {
  store.fail(undefined);
  mock.timers.reset();
});

const within = (ms: number) => deadlineIn(ms, Date.now);

function answer(status: number, type: string): Fault {
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return {
    kind: "answer",
    status,
    headers,
    body: JSON.stringify({ __type: type, message: "text of SSM" }),
  };
}

function sentSince(count: number): unknown[] {
  return store.requests
    .slice(count)
    .map(({ headers, body }) => [headers["x-amz-target"], JSON.parse(`${body}`)]);
}

/** The cause's kind and the number of requests. The message must not repeat text of the service. */
async function failure(deadline = within(5_000), names = ["/p/a"]): Promise<[string, number]> {
  const before = store.requests.length;
  const error = await fetchParameters(names, deadline).catch((thrown: unknown) => thrown);
  assert.ok(hasCode(error, "parameters_unavailable"), String(error));
  const { message } = error;
  assert.doesNotMatch(message, /text of SSM/);
  return [/\((.*)\)$/.exec(message)?.[1] ?? message, store.requests.length - before];
}

async function failureAfter(
  deadlineMs: number,
  ...waits: readonly number[]
): Promise<[string, number]> {
  const before = store.requests.length;
  const { within, pass } = mockTime();
  const failed = failure(within(deadlineMs));
  await passEach(() => store.requests.length - before, pass, ...waits);
  mock.timers.reset();
  return failed;
}

test("all names of a review are read in one call", async () => {
  const before = store.requests.length;
  const names = ["/p/a", "/p/none", "/p/list", "/p/secret"];
  const { "/p/secret": secret, ...found } = Object.fromEntries(
    await fetchParameters(names, within(5_000)),
  );
  assert.deepEqual(found, {
    "/p/a": { value: "one", secure: false },
    "/p/list": { value: "a,b", secure: false },
  });
  assert.equal(secret?.secure, true);
  assert.doesNotMatch(secret.value, /hidden/);
  assert.deepEqual(sentSince(before), [["AmazonSSM.GetParameters", { Names: names }]]);
});

const THROTTLING = answer(400, "ThrottlingException");
const RESET = { kind: "reset" } as const;
const CUT = { kind: "cut", body: '{"Parameters":[' } as const;
for (const [what, fault, tries, cause] of [
  ["throttling is retried once after a random wait", THROTTLING, 2, "ThrottlingException"],
  [
    "throttling by status is, too",
    answer(429, "TooManyRequestsException"),
    2,
    "TooManyRequestsException",
  ],
  [
    "an error of the service is not retried",
    answer(400, "AccessDeniedException"),
    1,
    "AccessDeniedException",
  ],
  ["a 500 is retried once", answer(500, "InternalServerError"), 2, "InternalServerError"],
  ["a 503 is retried once", answer(503, "ServiceUnavailable"), 2, "ServiceUnavailable"],
  ["a connection failure is retried once", RESET, 2, "ECONNRESET"],
  ["a truncated response is retried once", CUT, 2, undefined],
] as const) {
  test(`${what}, and it is a fault if no try succeeds`, async () => {
    store.fail(fault);
    const [found, asked] = await failure();
    assert.deepEqual([found, asked], [cause ?? found, tries]);
    if (tries === 1) return;
    const before = store.requests.length;
    store.fail(() => (store.requests.length - before < tries ? fault : undefined));
    assert.equal((await fetchParameters(["/p/a"], within(5_000))).size, 1);
  });
}

test("each of two tries has a second, and none goes past the review's deadline", async () => {
  store.fail({ kind: "silent" });
  assert.deepEqual(await failureAfter(5_000, 1_000, 1_000), ["TimedOut", 2]);
  store.fail({ kind: "stall", body: '{"Parameters":[' });
  assert.deepEqual(await failureAfter(60, 60), ["TimedOut", 1]);
});

test("a response that is not JSON, redirects or omits names is a fault", async () => {
  const headers = { "content-type": "application/x-amz-json-1.1", location: "http://127.0.0.1:9/" };
  const empty = [
    "{}",
    '{"Parameters":[],"InvalidParameters":[]}',
    '{"InvalidParameters":["/p/b"]}',
  ];
  const other =
    '{"Parameters":[{"Name":"/p/b","Value":"x","Type":"String"}],"InvalidParameters":[]}';
  for (const body of [...empty, other]) {
    store.fail({ kind: "answer", status: 200, headers, body });
    assert.equal((await failure())[0], "Parameter Store's answer omits requested names", body);
  }
  for (const status of [200, 302]) {
    store.fail({ kind: "answer", status, headers, body: "<html>proxy</html>" });
    await failure();
  }
});

test("all parameters below a path are read, or the path has failed", async () => {
  for (let i = 0; i < 25; i += 1)
    store.put(`/many/${i}`, "v", { type: i === 0 ? "SecureString" : "String" });
  const before = store.requests.length;
  const found = await fetchPath("/many", within(5_000));
  const [first] = sentSince(before);
  assert.deepEqual(first, ["AmazonSSM.GetParametersByPath", { Path: "/many", MaxResults: 10 }]);
  assert.deepEqual(
    [found.size, [...found.values()].filter(({ secure }) => secure).length],
    [25, 1],
  );
  for (const { modified } of found.values())
    assert.ok(modified > Date.UTC(2026, 0), String(modified));
  assert.equal((await fetchPath("/none", within(5_000))).size, 0);
  const second = store.requests.length + 2;
  store.fail(() => (store.requests.length >= second ? THROTTLING : undefined));
  await assert.rejects(fetchPath("/many", within(5_000)), { code: "parameters_unavailable" });
});

test("warming up makes no call, and leaves the connection to the first one", async () => {
  const connections = store.connections();
  const before = store.requests.length;
  const rehearsed = createParameterStore({ ...OPTIONS, endpoint: new URL(store.url) });
  await rehearsed.warmUp();
  await rehearsed.warmUp();
  assert.equal(store.requests.length, before);
  assert.equal(
    (await rehearsed.fetchParameters(["/p/a"], within(5_000))).get("/p/a")?.value,
    "one",
  );
  assert.equal(store.requests.length, before + 1);
  assert.equal(store.connections(), connections + 1);
});
