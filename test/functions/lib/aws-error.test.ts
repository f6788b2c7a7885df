// Kinds of AWS errors: by name and shape, not by class.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ParameterNotFound, SSMServiceException, TooManyUpdates } from "@aws-sdk/client-ssm";
import { isAwsError } from "../../../functions/lib/aws-error.ts";

const RESPONSE = { $fault: "client", $metadata: { httpStatusCode: 400 } } as const;

test("a kind is recognized by its name, with the SDK's class for it and with the base class", () => {
  const base = new SSMServiceException({ name: "TooManyUpdates", message: "no", ...RESPONSE });
  for (const error of [base, new TooManyUpdates({ message: "no", $metadata: {} })]) {
    assert.ok(isAwsError(error));
    assert.ok(isAwsError(error, "ParameterAlreadyExists", "TooManyUpdates"));
    assert.ok(!isAwsError(error, "ParameterAlreadyExists"));
  }
  const other = new ParameterNotFound({ message: "no", $metadata: {} });
  assert.ok(!isAwsError(other, "TooManyUpdates"));
});

test("an error that no service returned is not of a kind, whatever its name is", () => {
  const local = Object.assign(new Error("no"), { name: "TooManyUpdates" });
  for (const error of [
    local,
    Object.assign(new Error("no"), { $metadata: {} }),
    RESPONSE,
    "x",
    undefined,
  ])
    assert.deepEqual([isAwsError(error), isAwsError(error, "TooManyUpdates")], [false, false]);
});
