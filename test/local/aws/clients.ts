// Clients of local services: options of the AWS SDK's clients, a client of Parameter Store with an
// assertion for its errors, signed headers, and presigned URLs sent to the local STS as a verifier
// does, with the URL's host in `Host`.

import assert from "node:assert/strict";
import { SSM } from "@aws-sdk/client-ssm";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import type { LocalIdentity } from "../../../local/identities.ts";
import { OPERATOR } from "../../local-aws.ts";
import { post, type Reply } from "../../post.ts";

/** Without retries. */
export function sdkOptions(endpoint: string) {
  return { endpoint, region: "us-east-1", credentials: OPERATOR, maxAttempts: 1 };
}

export const ssmClient = (endpoint: string) => new SSM(sdkOptions(endpoint));

/** The headers of a POST to `url`, signed as the SDK signs them. */
export async function signedHeaders(
  url: string,
  body: string,
  { service, region = "us-east-1", now = Date.now(), identity = OPERATOR, headers = {} }: Signed,
): Promise<Record<string, string>> {
  const { host, hostname, pathname: path } = new URL(url);
  const signer = new SignatureV4({ service, region, credentials: identity, sha256: Sha256 });
  const request = {
    method: "POST",
    protocol: "http:",
    hostname,
    path,
    body,
    headers: { host, ...headers },
  };
  return (await signer.sign(request, { signingDate: new Date(now) })).headers;
}

interface Signed {
  readonly service: string;
  readonly region?: string;
  readonly now?: number;
  readonly identity?: LocalIdentity;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refused(
  call: Promise<unknown>,
  name: string,
  message: RegExp = /./,
): Promise<void> {
  return assert.rejects(call, { name, message });
}

export function send(
  url: string,
  presigned: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const { host } = new URL(presigned);
  const path = presigned.slice(presigned.indexOf("/", "https://".length));
  return post(`${url}${path}`, { method: "GET", headers: { host, ...headers } });
}

/**
 * The result for a verifier of the cluster `local`: `granted`, or status, code and message on one
 * line.
 */
export async function outcome(
  url: string,
  presigned: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const asked = { "x-k8s-aws-id": "local", accept: "application/json", ...headers };
  const { status, text } = await send(url, presigned, asked);
  if (status === 200) return "granted";
  const { Code, Message } = JSON.parse(text).Error;
  return `${status} ${Code}: ${Message}`;
}
