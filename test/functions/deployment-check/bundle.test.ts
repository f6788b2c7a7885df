// The built check, with Lambda and CodeDeploy played by a local server: what it sends, and what comes of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startHttpServer } from "../../../local/http-server.ts";
import { startFunction } from "../../review/bundled-function.ts";
import { sharedClock } from "../../review/clock.ts";

const ENTRY = fileURLToPath(new URL("../../../dist/deployment-check/index.mjs", import.meta.url));
const VERSION = "arn:aws:lambda:us-west-2:111122223333:function:authenticator:7";
const REFUSAL = { statusCode: 401, body: JSON.stringify({ kind: "Status", message: "caller_refused: no" }) };

for (const [name, functionError, expected] of [
  ["a version that refuses an unknown caller", undefined, "Succeeded"],
  ["a version that fails", "Unhandled", "Failed"],
] as const) {
  test(`${name}: CodeDeploy is told ${expected}`, async (t) => {
    const invoked: string[] = [];
    const told: unknown[] = [];
    const aws = await startHttpServer(async ({ target, headers, body }) => {
      if (headers["x-amz-target"] === "CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus") {
        told.push(JSON.parse(body.toString()));
        return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: "{}" };
      }
      invoked.push(decodeURIComponent(target));
      const failed: Record<string, string> =
        functionError === undefined ? {} : { "x-amz-function-error": functionError };
      return { status: 200, headers: { "content-type": "application/json", ...failed }, body: JSON.stringify(REFUSAL) };
    });
    t.after(() => aws.close());
    const { handler, close, output } = await startFunction({
      entry: ENTRY,
      environment: {
        VERSION_ARN: VERSION,
        LIVE_ARN: VERSION.replace(/7$/, "live"),
        CALLER_AUTH: "bearer",
        AWS_REGION: "us-west-2",
        AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
        AWS_SECRET_ACCESS_KEY: "local/only",
        AWS_ENDPOINT_URL_LAMBDA: aws.url,
        AWS_ENDPOINT_URL_CODEDEPLOY: aws.url,
      },
      shift: sharedClock().shift,
    });
    t.after(close);
    await handler({ DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" }, { awsRequestId: "1" } as never);
    assert.deepEqual(invoked, Array(4).fill(`/2015-03-31/functions/${VERSION}/invocations`));
    assert.deepEqual(told, [{ deploymentId: "d-1", lifecycleEventHookExecutionId: "e-1", status: expected }]);
    assert.equal(JSON.parse(output("stdout")).status, expected);
  });
}
