// Clients of local services: options of the AWS SDK's clients, a client of Parameter Store with an assertion for its errors, and
// presigned URLs sent to the local STS as a verifier does, with the URL's host in `Host`.

import assert from "node:assert/strict";
import { SSMClient } from "@aws-sdk/client-ssm";
import { post, type Reply } from "../../post.ts";

/** Without retries. */
export function sdkOptions(endpoint: string) {
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" };
  return { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };
}

export const ssmClient = (endpoint: string) => new SSMClient(sdkOptions(endpoint));

export function refused(call: Promise<unknown>, name: string, message: RegExp = /./): Promise<void> {
  return assert.rejects(call, { name, message });
}

export function send(url: string, presigned: string, headers: Record<string, string> = {}): Promise<Reply> {
  const { host } = new URL(presigned);
  const path = presigned.slice(presigned.indexOf("/", "https://".length));
  return post(`${url}${path}`, { method: "GET", headers: { host, ...headers } });
}

/** The result for a verifier of the cluster `local`: `granted`, or status, code and message on one line. */
export async function outcome(url: string, presigned: string, headers: Record<string, string> = {}): Promise<string> {
  const asked = { "x-k8s-aws-id": "local", accept: "application/json", ...headers };
  const { status, text } = await send(url, presigned, asked);
  if (status === 200) return "granted";
  const { Code, Message } = JSON.parse(text).Error;
  return `${status} ${Code}: ${Message}`;
}
