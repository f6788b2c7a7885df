// The check of a good version with each CALLER_AUTH, and of bad ones; the built check and its
// sources, with a local server as Lambda and CodeDeploy.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../../functions/authenticator/settings.ts";
import { fault } from "../../../functions/errors.ts";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { keyVariables } from "../../aws-variables.ts";
import { localIdentity, startParameterStore } from "../../local-aws.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock } from "../../system/clock.ts";
import { fakeServices, handlerOf } from "../authenticator/fixtures.ts";
import { OPTIONS, REFUSAL, world } from "./check-world.ts";

type Invoke = (functionArn: string, event: object) => Promise<unknown>;

const CALLERS = { callers: [{ name: "c", sha256: "0".repeat(64) }] };
const DOWN = {
  askSts: () => Promise.reject(fault("sts_unreachable", "down")),
  fetchParameters: () => Promise.reject(fault("parameters_unavailable", "down")),
};

function version(
  settings: Partial<Settings>,
  stored: object = CALLERS,
  services: Partial<typeof DOWN> = {},
): Invoke {
  const clock = Object.assign(() => Date.now(), { advance: () => {} });
  const call = handlerOf(fakeServices({ ...stored }, { ...services, clock }), settings);
  return (_arn, event) => call(event);
}

async function check(
  invoke: Invoke,
  callerAuth: string,
  callerSubject?: string,
  tokens: "any" | "jwt" = "any",
) {
  const options = { ...OPTIONS, callerAuth, callerSubject, tokens, compareStoredValues: false };
  const { run, line, reported, calls } = world({
    readOptions: () => options,
    invoke,
    clock: Date.now,
  });
  await run();
  const { status, problems } = line();
  assert.deepEqual(reported, [status]);
  return { status, problems, invoked: calls.invoke.length };
}

for (const [callerAuth, subject, tokens, invoked] of [
  ["none", undefined, "any", 6],
  ["none", undefined, "jwt", 4],
  ["mtls", "CN=kube-apiserver,O=Example", "any", 8],
  ["mtls", "*", "any", 8],
  ["bearer", undefined, "any", 4],
] as const) {
  test(`a good version passes with ${callerAuth} ${subject ?? ""}, tokens ${tokens}`, async () => {
    const invoke = version({
      callerAuth,
      tokens,
      callerSubjects: subject === undefined ? [] : [subject],
    });
    assert.deepEqual(await check(invoke, callerAuth, subject, tokens), {
      status: "Succeeded",
      problems: [],
      invoked,
    });
  });
}

const OPEN = version({ callerAuth: "none" });
const NO_STS = version({ callerAuth: "none" }, {}, DOWN);
const NO_STORE = version({ callerAuth: "bearer" }, {}, DOWN);
for (const [what, invoke, callerAuth, tokens, problem] of [
  [
    "accepts other tokens than AWS-signed ones",
    OPEN,
    "none",
    "jwt",
    /^a malformed token .*: answered 200 token_malf/,
  ],
  [
    "cannot reach STS",
    NO_STS,
    "none",
    "any",
    /^a token of an unknown key \(payload 1\.0\): answered 500 sts_unreac/m,
  ],
  [
    "cannot reach Parameter Store",
    NO_STORE,
    "bearer",
    "any",
    /^an unknown caller .*: answered 500 parameters_unava/,
  ],
  [
    "accepts any token of a caller",
    OPEN,
    "bearer",
    "any",
    /^(an unknown|no) caller \(payload 1\.0\): answered \d+ /,
  ],
  [
    "accepts any certificate",
    OPEN,
    "mtls",
    "any",
    /^(an unknown|no) caller \(payload 1\.0\): answered \d+ /,
  ],
] as const) {
  test(`a version that ${what} fails`, async () => {
    const { status, problems } = await check(invoke, callerAuth, undefined, tokens);
    assert.equal(status, "Failed");
    assert.match(problems.join("\n"), problem);
  });
}

test("a missing list of callers is accepted if the live version also reports it", async () => {
  const good = version({ callerAuth: "bearer" });
  const empty = version({ callerAuth: "bearer" }, {});
  assert.equal((await check(empty, "bearer")).status, "Succeeded");
  const { status, problems } = await check(
    (arn, event) => (arn === "live" ? good : empty)(arn, event),
    "bearer",
  );
  const problem =
    /^Failed: an unknown caller \(payload 1\.0\): answered 500 callers_invalid, expected 401$/;
  assert.match(`${status}: ${problems[0]}`, problem);
});

test("of an answer that is not the function's, the check reports no word", async () => {
  const foreign = answer(403, { message: "Forbidden: secret" });
  const { problems } = await check(foreign, "bearer");
  assert.equal(
    problems[0],
    "an unknown caller (payload 1.0): answered 403 without a code, expected 401",
  );
});

const answer = (statusCode: number, body: unknown) => async () => ({
  statusCode,
  body: JSON.stringify(body),
});
const review = (status: object) => answer(200, { kind: "TokenReview", status });
const BAD: Readonly<Record<string, Invoke>> = {
  "that throws": () => Promise.reject(new Error("the version failed (Unhandled)")),
  "that answers nothing": async () => undefined,
  "whose body is not JSON": async () => ({ statusCode: 200, body: "<html>" }),
  "that grants every request": review({ authenticated: true, user: { username: "admin" } }),
  "that denies every request with one reason": review({
    authenticated: false,
    error: "identity_unmapped: no mapping",
  }),
  "that treats every token as one of another kind": review({ authenticated: false }),
  "that always answers 500": answer(500, {
    kind: "Status",
    message: "internal_fault: unexpected failure",
  }),
  "that is always throttled": answer(429, {
    kind: "Status",
    message: "sts_throttled: STS throttles",
  }),
};
for (const [name, invoke] of Object.entries(BAD)) {
  test(`a version ${name} fails, with every CALLER_AUTH`, async () => {
    for (const callerAuth of ["bearer", "mtls", "none"]) {
      const { status, problems } = await check(invoke, callerAuth);
      assert.equal(status, "Failed", callerAuth);
      assert.notDeepEqual(problems, []);
    }
  });
}

const BUNDLE = "dist/deployment-check/index.mjs";
const SOURCES = "functions/deployment-check/index.ts";
const JSON_1_1 = { "content-type": "application/x-amz-json-1.1" };
const VERSION = "arn:aws:lambda:us-west-2:111122223333:function:authenticator:7";
const SETTINGS = {
  VERSION_ARN: VERSION,
  LIVE_ARN: VERSION.replace(/7$/, "live"),
  CALLER_AUTH: "bearer",
  MAPPING_PREFIX: "/iam-authenticator/prod",
  CLUSTER_ID: "prod",
  STACK_NAME: "IamAuthenticator-prod",
  AWS_REGION: "us-west-2",
  ...keyVariables(localIdentity("function")),
};

/**
 * The check of a version that refuses every request, or fails. The live version accepts every
 * stored value.
 */
async function checkBuilt(
  t: TestContext,
  {
    path = BUNDLE,
    settings = {},
    headers = {} as Record<string, string>,
    stored = {} as object,
  } = {},
) {
  const invoked: { readonly target: string; readonly event: string }[] = [];
  const told: unknown[] = [];
  const answer = (body: object, headers = JSON_1_1) => ({
    status: 200,
    headers,
    body: JSON.stringify(body),
  });
  const aws = await startHttpServer(async ({ target, headers: sent, body }) => {
    const request = JSON.parse(body.toString());
    if (sent["x-amz-target"] === "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus") {
      told.push(request);
      return answer({});
    }
    invoked.push({ target: decodeURIComponent(target), event: body.toString() });
    const { storedParameters } = request as { storedParameters?: unknown[] };
    const accepted = {
      statusCode: 200,
      body: JSON.stringify({ validity: storedParameters?.map(() => [true]), accounts: [] }),
    };
    return answer(storedParameters === undefined ? REFUSAL : accepted, { ...JSON_1_1, ...headers });
  });
  const named = Object.entries(stored).map(([name, value]) => [
    `${SETTINGS.MAPPING_PREFIX}/${name}`,
    value,
  ]);
  const store = await startParameterStore({
    parameters: Object.fromEntries(named),
    region: "us-west-2",
  });
  t.after(() => Promise.all([aws.close(), store.close()]));
  const endpoints = ["LAMBDA", "CODEDEPLOY"].map((service) => [
    `AWS_ENDPOINT_URL_${service}`,
    aws.url,
  ]);
  const { handler, close, output } = await startFunction({
    entry: fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
    environment: {
      ...SETTINGS,
      ...Object.fromEntries(endpoints),
      AWS_ENDPOINT_URL_SSM: store.url,
      ...settings,
    },
    clock: sharedClock(),
  });
  t.after(close);
  await handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" }, {
    awsRequestId: "1",
  } as never);
  return { invoked, told, printed: JSON.parse(output("stdout")) };
}

const reportOf = (status: string) => [
  { deploymentId: "d-1", lifecycleEventHookExecutionId: "e-1", status },
];

for (const path of [BUNDLE, SOURCES]) {
  test(`${path}: with mtls, the check calls with the first subject and a token of the first region`, async (t) => {
    const settings = {
      CALLER_AUTH: "mtls",
      CALLER_SUBJECTS: "CN=a; CN=b",
      STS_REGIONS: "eu-west-1,eu-west-2",
    };
    const { invoked } = await checkBuilt(t, { path, settings });
    const events = invoked.map(({ event }) => event).join("\n");
    assert.deepEqual([events.includes('"CN=a"'), events.includes("CN=b")], [true, false]);
    const [token = ""] = /k8s-aws-v1\.[\w-]{99,}/.exec(events) ?? [];
    const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
    assert.match(url, /^https:\/\/sts\.eu-west-1\.amazonaws\.com\//);
  });
}

test("a version that reads a stored value differently does not succeed", async (t) => {
  const clean = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`account/11112222${3000 + i}`, "{}"]),
  );
  const good = await checkBuilt(t, { stored: clean });
  const [toVersion, toLive] = Map.groupBy(good.invoked, ({ event }) =>
    event.startsWith('{"storedParameters":'),
  ).values();
  assert.deepEqual(
    [good.told, good.printed.problems, toLive?.length],
    [reportOf("Succeeded"), [], 2],
  );
  const target = `/2015-03-31/functions/${VERSION}/invocations`;
  const targets = toVersion?.map((call) => call.target);
  assert.deepEqual(targets, Array(4).fill(target));
  const bad = await checkBuilt(t, { headers: { "x-amz-function-error": "Unhandled" } });
  assert.deepEqual([bad.told, bad.invoked.length], [reportOf("Failed"), 1]);
  const repeats = { ...clean, "account/999922223333": '{"username":"a","username":"b"}' };
  const other = await checkBuilt(t, { path: SOURCES, stored: repeats });
  assert.deepEqual(other.told, reportOf("Failed"));
  assert.match(other.printed.problems[0], /^account\/999922223333: .*repeated key "username"/);
  const { printed } = await checkBuilt(t, {
    stored: repeats,
    settings: { COMPARE_STORED_VALUES: "false" },
  });
  assert.deepEqual(printed.problems, []);
});

for (const path of [BUNDLE, SOURCES]) {
  test(`${path}: settings of another stack for this cluster id stop the deployment`, async (t) => {
    const { told, printed } = await checkBuilt(t, { path, stored: { "settings/prod": "{}" } });
    assert.deepEqual(told, reportOf("Failed"));
    const expected =
      /^the stored settings: \/iam-authenticator\/prod\/settings\/prod already exists, without the tag .* the stack IamAuthenticator-prod /;
    assert.match(printed.problems[0], expected);
    assert.equal(printed.problems.length, 1);
  });
}
