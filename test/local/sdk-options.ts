// Options of the AWS SDK's clients for local services, a client of Parameter Store, and an assertion for its errors.

import assert from "node:assert/strict";
import { SSMClient } from "@aws-sdk/client-ssm";

/** Without retries. */
export function sdkOptions(endpoint: string) {
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" };
  return { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
}

export const ssmClient = (endpoint: string) => new SSMClient(sdkOptions(endpoint));

export function refused(call: Promise<unknown>, name: string, message: RegExp = /./): Promise<void> {
  return assert.rejects(call, { name, message });
}
