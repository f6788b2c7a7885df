// Sample tokens: the parts of a valid presigned URL, each of which a test can replace.

import assert from "node:assert/strict";
import { acceptedStsHosts } from "../../../../functions/authenticator/token/sts-hosts.ts";
import {
  parseToken,
  type UnverifiedToken,
} from "../../../../functions/authenticator/token/token.ts";
import { type Partition, partitionOfRegion } from "../../../../functions/aws/partitions.ts";
import { type Denial, isDenial } from "../../../../functions/errors.ts";
import { tokenOf } from "../../../token.ts";

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const HOST = "sts.us-west-2.amazonaws.com";
export const EXTRA_HOST = "sts.internal.example.com";
export const SIGNATURE = "0123456789abcdef".repeat(4);
export const SECURITY_TOKEN = `Session/Token+${"For/Tests+".repeat(20)}==`;

/** Every host of the partition `aws`, and one that an operator added. */
export const HOSTS = acceptedStsHosts(partition("us-west-2"), "us-west-2", {
  extraHosts: [EXTRA_HOST],
});

/** Decoded values, without a security token, like a user's token. */
export const PARAMETERS = {
  Action: "GetCallerIdentity",
  Version: "2011-06-15",
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": "AKIALOCALALICEAAAAAA/20260102/us-west-2/sts/aws4_request",
  "X-Amz-Date": "20260102T030405Z",
  "X-Amz-Expires": "60",
  "X-Amz-Signature": SIGNATURE,
  "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
} as const;

/** Decoded values by name. `undefined` omits a parameter. Other names are added. */
export type Changes = Readonly<Record<string, string | undefined>>;

export function credential(region: string, day = "20260102"): Changes {
  return { "X-Amz-Credential": `AKIALOCALALICEAAAAAA/${day}/${region}/sts/aws4_request` };
}

export function partition(region: string): Partition {
  const found = partitionOfRegion(region);
  assert.ok(found, `${region} is of no partition`);
  return found;
}

export function queryWith(changes: Changes = {}): string {
  return Object.entries({ ...PARAMETERS, ...changes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? "")}`)
    .join("&");
}

export function urlWith(changes: Changes = {}, host = HOST): string {
  return `https://${host}/?${queryWith(changes)}`;
}

export function tokenWith(changes: Changes = {}, host = HOST): string {
  return tokenOf(urlWith(changes, host));
}

export function parse(text: string, now = NOW): UnverifiedToken {
  return parseToken(text, HOSTS, now);
}

/** The token, or its denial. Fails the test with any other error. */
export function parsed(text: string, now = NOW): UnverifiedToken | Denial {
  try {
    return parse(text, now);
  } catch (error) {
    assert.ok(isDenial(error), `not a denial: ${error}`);
    return error;
  }
}

export function denial(text: string, now = NOW): Denial {
  const found = parsed(text, now);
  assert.ok(isDenial(found), `accepted: ${text}`);
  return found;
}
