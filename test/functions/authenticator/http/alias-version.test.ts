// The version behind an alias. The deployment check invokes a version directly, which must not count as traffic.

import assert from "node:assert/strict";
import { test } from "node:test";
import { versionBehindAlias } from "../../../../functions/authenticator/http/request-context.ts";

const ARN = "arn:aws:lambda:eu-west-1:111122223333:function:IamAuthenticator-prod-Function";

for (const [what, context, expected] of [
  ["an alias", { functionVersion: "7", invokedFunctionArn: `${ARN}:live` }, "7"],
  ["the version itself", { functionVersion: "7", invokedFunctionArn: `${ARN}:7` }, undefined],
  ["the function without a qualifier", { functionVersion: "$LATEST", invokedFunctionArn: ARN }, undefined],
  ["an alias of $LATEST", { functionVersion: "$LATEST", invokedFunctionArn: `${ARN}:live` }, undefined],
  ["a version without an ARN", { functionVersion: "7" }, undefined],
  ["no context, on this machine", undefined, undefined],
] as const) {
  test(`invoked: ${what}`, () => assert.equal(versionBehindAlias(context), expected));
}
