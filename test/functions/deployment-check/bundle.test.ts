// The built deployment check and its sources, with a local server as Lambda and CodeDeploy.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startHttpServer } from "../../../local/http-server.ts";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { startFunction } from "../../system/bundled-function.ts";
import { sharedClock } from "../../system/clock.ts";

const BUNDLE = "dist/deployment-check/index.mjs";
const SOURCES = "functions/deployment-check/index.ts";
const JSON_1_1 = { "content-type": "application/x-amz-json-1.1" };
const VERSION = "arn:aws:lambda:us-west-2:111122223333:function:authenticator:7";
const REFUSAL = { statusCode: 401, body: JSON.stringify({ kind: "Status", message: "caller_refused: no" }) };
const SETTINGS = {
  VERSION_ARN: VERSION,
  LIVE_ARN: VERSION.replace(/7$/, "live"),
  CALLER_AUTH: "bearer",
  MAPPING_PREFIX: "/iam-authenticator/prod",
  AWS_REGION: "us-west-2",
  AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
  AWS_SECRET_ACCESS_KEY: "local/only",
};

/** The check of a version that refuses every request, or fails. The live version accepts every stored value. */
async function check(
  t: TestContext,
  { path = BUNDLE, settings = {}, headers = {} as Record<string, string>, stored = {} as object } = {},
) {
  const invoked: { readonly target: string; readonly event: string }[] = [];
  const told: unknown[] = [];
  const answer = (body: object, headers = JSON_1_1) => ({ status: 200, headers, body: JSON.stringify(body) });
  const aws = await startHttpServer(async ({ target, headers: sent, body }) => {
    const request = JSON.parse(body.toString());
    if (sent["x-amz-target"] === "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus") {
      told.push(request);
      return answer({});
    }
    invoked.push({ target: decodeURIComponent(target), event: body.toString() });
    const { storedParameters } = request as { storedParameters?: unknown[] };
    const accepted = { statusCode: 200, body: JSON.stringify({ validity: storedParameters?.map(() => [true]) }) };
    return answer(storedParameters === undefined ? REFUSAL : accepted, { ...JSON_1_1, ...headers });
  });
  const named = Object.entries(stored).map(([name, value]) => [`${SETTINGS.MAPPING_PREFIX}/${name}`, value]);
  const store = await startParameterStore({ parameters: Object.fromEntries(named), region: "us-west-2" });
  t.after(() => Promise.all([aws.close(), store.close()]));
  const endpoints = ["LAMBDA", "CODEDEPLOY"].map((service) => [`AWS_ENDPOINT_URL_${service}`, aws.url]);
  const { handler, close, output } = await startFunction({
    entry: fileURLToPath(new URL(`../../../${path}`, import.meta.url)),
    environment: { ...SETTINGS, ...Object.fromEntries(endpoints), AWS_ENDPOINT_URL_SSM: store.url, ...settings },
    clock: sharedClock(),
  });
  t.after(close);
  await handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" }, { awsRequestId: "1" } as never);
  return { invoked, told, printed: JSON.parse(output("stdout")) };
}

const reportOf = (status: string) => [{ deploymentId: "d-1", lifecycleEventHookExecutionId: "e-1", status }];

for (const path of [BUNDLE, SOURCES]) {
  test(`${path}: with mtls, the check calls with the first subject and a token of the first region`, async (t) => {
    const settings = { CALLER_AUTH: "mtls", CALLER_SUBJECTS: "CN=a; CN=b", STS_REGIONS: "eu-west-1,eu-west-2" };
    const { invoked } = await check(t, { path, settings });
    const events = invoked.map(({ event }) => event).join("\n");
    assert.deepEqual([events.includes('"CN=a"'), events.includes("CN=b")], [true, false]);
    const [token = ""] = /k8s-aws-v1\.[\w-]{99,}/.exec(events) ?? [];
    const url = Buffer.from(token.replace("k8s-aws-v1.", ""), "base64url").toString();
    assert.match(url, /^https:\/\/sts\.eu-west-1\.amazonaws\.com\//);
  });
}

test("a version that refuses an unknown caller succeeds, and one that fails or reads a stored value on any page differently does not", async (t) => {
  const clean = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`account/11112222${3000 + i}`, "{}"]));
  const good = await check(t, { stored: clean });
  const [toVersion, toLive] = Map.groupBy(good.invoked, ({ event }) =>
    event.startsWith('{"storedParameters":'),
  ).values();
  assert.deepEqual([good.told, good.printed.problems, toLive?.length], [reportOf("Succeeded"), [], 1]);
  const target = `/2015-03-31/functions/${VERSION}/invocations`;
  assert.deepEqual(
    toVersion?.map((one) => one.target),
    Array(4).fill(target),
  );
  const bad = await check(t, { headers: { "x-amz-function-error": "Unhandled" } });
  assert.deepEqual([bad.told, bad.invoked.length], [reportOf("Failed"), 1]);
  const repeats = { ...clean, "account/999922223333": '{"username":"a","username":"b"}' };
  const other = await check(t, { path: SOURCES, stored: repeats });
  assert.deepEqual(other.told, reportOf("Failed"));
  assert.match(other.printed.problems[0], /^account\/999922223333: .*repeated key "username"/);
  const { printed } = await check(t, { stored: repeats, settings: { COMPARE_STORED_VALUES: "false" } });
  assert.deepEqual(printed.problems, []);
});
