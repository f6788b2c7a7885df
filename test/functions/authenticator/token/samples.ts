// Tokens to begin a test with: a valid presigned URL in parts, each of which a test may replace.

import assert from "node:assert/strict";
import { acceptedStsHosts } from "../../../../functions/authenticator/token/sts-hosts.ts";
import { parseToken, type UnverifiedToken } from "../../../../functions/authenticator/token/token.ts";
import { type Partition, partitionOfRegion } from "../../../../functions/aws/partitions.ts";
import { Denial } from "../../../../functions/errors.ts";
import { tokenOf } from "../../../token.ts";

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
export const HOST = "sts.us-west-2.amazonaws.com";
export const EXTRA_HOST = "sts.internal.example.com";
export const SIGNATURE = "0123456789abcdef".repeat(4);
export const SECURITY_TOKEN = `Session/Token+${"For/Tests+".repeat(20)}==`;

/** Every host of the partition `aws`, and one that an operator added. */
export const HOSTS = acceptedStsHosts(partition("us-west-2"), "us-west-2", { extraHosts: [EXTRA_HOST] });

/** Decoded; without a security token, as a user's token is. */
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

/** Decoded values by name; `undefined` leaves a parameter out, other names are added. */
export type Changes = Readonly<Record<string, string | undefined>>;

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

/** The denial that `text` meets; fails the test where it meets none. */
export function denial(text: string, now = NOW): Denial {
  try {
    parse(text, now);
  } catch (error) {
    assert.ok(error instanceof Denial, `not a denial: ${error}`);
    return error;
  }
  assert.fail(`accepted: ${text}`);
}

/** Each change of one value, alone, is refused with `code` and a message like this. */
export function assertRefused(name: string, values: readonly string[], code: string, message: RegExp): void {
  for (const value of values) {
    const error = denial(tokenWith({ [name]: value }));
    assert.equal(error.code, code, `${name} ${value}`);
    assert.match(error.message, message, `${name} ${value}`);
  }
}
