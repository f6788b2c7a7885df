// The real SSM client for a local store, and an assertion for its errors.

import assert from "node:assert/strict";
import { SSMClient } from "@aws-sdk/client-ssm";
import { sdkOptions } from "../sdk-options.ts";

export function ssmClient(endpoint: string): SSMClient {
  return new SSMClient(sdkOptions(endpoint));
}

/** Asserts the exception's name and message. */
export function refused(call: Promise<unknown>, name: string, message: RegExp = /./): Promise<void> {
  return assert.rejects(call, { name, message });
}
