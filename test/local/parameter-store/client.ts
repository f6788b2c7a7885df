// The real SSM client against a local store, and how the tests read its refusals.

import assert from "node:assert/strict";
import { SSMClient } from "@aws-sdk/client-ssm";

/** Retries are off: a test sees the first answer. */
export function ssmClient(endpoint: string): SSMClient {
  return new SSMClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" },
    maxAttempts: 1,
  });
}

/** That the service refuses with this exception name, and a message that matches. */
export async function refused(call: Promise<unknown>, name: string, message: RegExp = /./): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof Error);
    assert.equal(error.name, name);
    assert.match(error.message, message);
    return true;
  });
}
