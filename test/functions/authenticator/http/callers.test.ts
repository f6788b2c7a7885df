// Callers at the handler: how each kind authenticates, stale callers in the log and the metrics,
// and prefetched ones: used by the first review, as old as their read, and never a cause of
// failure.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bearerFunction, callersOf } from "../bearer-function.ts";
import { fakeServices, gatewayEvent, handlerOf, reviewBody, tokenOf } from "../fixtures.ts";

const SUBJECT = "CN=kube-apiserver,O=example";

for (const [rule, callerSubjects, accepted, refused] of [
  ["an empty list accepts no certificate", [], [], [SUBJECT, undefined, ""]],
  [
    "* accepts every certificate of the truststore",
    ["*"],
    [SUBJECT, "CN=another"],
    [undefined, ""],
  ],
  ["a wildcard inside a subject has no meaning", ["CN=*", "*,O=example", "**"], [], [SUBJECT]],
  [
    "a request without a client certificate is refused, even for an empty subject",
    [""],
    [],
    [undefined, ""],
  ],
  [
    "a pinned subject must match completely and exactly",
    ["CN=other", SUBJECT],
    [SUBJECT, "CN=other"],
    [
      undefined,
      "CN=kube-apiserver",
      `${SUBJECT},ST=x`,
      ` ${SUBJECT}`,
      `${SUBJECT};CN=other`,
      SUBJECT.toLowerCase(),
    ],
  ],
] as const) {
  test(`mtls: ${rule}`, async () => {
    const call = handlerOf(fakeServices(), { callerAuth: "mtls", callerSubjects });
    const statusFor = async (subjectDN: string | undefined) => {
      const requestContext = {
        http: { method: "POST" },
        authentication: { clientCert: { subjectDN } },
      };
      return (await call(gatewayEvent(reviewBody("other"), { requestContext }))).statusCode;
    };
    for (const subject of accepted) assert.equal(await statusFor(subject), 200, subject);
    for (const subject of refused) assert.equal(await statusFor(subject), 401, subject);
  });
}

for (const [what, ms, name, expected] of [
  ["an answer from a fresh cache entry is not stale", 0, "bob", [200, undefined, undefined]],
  ["a stale mapping is logged as stale: true, with one StaleReads", 30_001, "bob", [200, true, 1]],
  ["stale callers and a stale mapping have two StaleReads", 60_001, "bob", [200, true, 2]],
  [
    "an answer that is not from the cache is not counted as stale",
    30_001,
    "contractor",
    [500, undefined, undefined],
  ],
] as const) {
  test(what, async () => {
    const { review, store, clock } = bearerFunction();
    const outcome = async (name?: string) => {
      const { statusCode, log } = await review({ ...(name && { name }) });
      return [statusCode, log.stale, log.StaleReads];
    };
    assert.deepEqual(await outcome(), [200, undefined, undefined]);
    store.isDown = true;
    clock.advance(ms);
    assert.deepEqual(await outcome(name), expected);
    store.isDown = false;
    clock.advance(1_000);
    assert.deepEqual(await outcome(), [200, undefined, undefined]);
  });
}

test("without a caller's token, every token and body has the same answer", async () => {
  const { handler, calls, clock } = bearerFunction();
  const bodies = [
    reviewBody(tokenOf("bob", clock())),
    reviewBody("k8s-aws-v1.forged"),
    reviewBody("other"),
    "{",
  ];
  const headers = { authorization: "Bearer unknown" };
  const answers = new Set<string>();
  for (const body of bodies)
    answers.add(JSON.stringify(await handler(gatewayEvent(body, { headers }), {})));
  assert.deepEqual(
    [...answers].map((answer) => JSON.parse(answer).statusCode),
    [401],
  );
  assert.deepEqual([calls.sts.length, calls.ssm.length], [0, 1]);
});

test("a failed prefetch has no effect and prints nothing", async () => {
  const { prefetch, review, store, clock, callersRead, lines } = bearerFunction();
  store.isDown = true;
  await assert.rejects(prefetch, { code: "parameters_unavailable" });
  assert.deepEqual(lines, []);
  const failed = await review();
  assert.deepEqual([failed.statusCode, failed.log.reason], [500, "parameters_unavailable"]);
  store.isDown = false;
  clock.advance(1_000);
  const { statusCode, log } = await review();
  assert.deepEqual(
    [statusCode, log.stale, log.StaleReads, log.cached.caller],
    [200, undefined, undefined, false],
  );
  assert.equal(callersRead(), 3);
});

test("in an environment that is frozen before its first review, callers are as old as their read", async () => {
  const { prefetch, review, parameters, clock, callersRead } = bearerFunction();
  await prefetch();
  parameters["callers"] = callersOf("new");
  clock.advance(59_999);
  assert.deepEqual(
    [(await review()).statusCode, (await review({ bearer: "new" })).statusCode],
    [200, 401],
  );
  clock.advance(1);
  assert.deepEqual(
    [(await review()).statusCode, (await review({ bearer: "new" })).statusCode],
    [401, 200],
  );
  assert.equal(callersRead(), 2);
});
