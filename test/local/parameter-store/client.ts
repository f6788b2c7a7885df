// The real SSM client for a local store, and an assertion for its errors.

import assert from "node:assert/strict";
import { SSMClient } from "@aws-sdk/client-ssm";

/** Does not retry. */
export function ssmClient(endpoint: string): SSMClient {
  return new SSMClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" },
    maxAttempts: 1,
  });
}

/** Asserts the exception's name and message. */
export function refused(call: Promise<unknown>, name: string, message: RegExp = /./): Promise<void> {
  return assert.rejects(call, { name, message });
}
