// Signs `k8s-aws-v1.` tokens with the AWS SDK, byte for byte like `aws eks get-token`.

import { Sha256Js } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { encodeComponent } from "../../functions/authenticator/token/encoding.ts";
import type { Credentials } from "./client-config.ts";

interface TokenRequest {
  readonly credentials: Credentials;
  readonly clusterId: string;
  readonly region: string;
  /** DNS suffix of the region's partition, such as `amazonaws.com`. */
  readonly domain: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface SignedToken {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** STS ignores it, but every client sends it. */
const EXPIRES_SECONDS = 60;
/** One minute less than the token's 15, so that clients do not send a token that is about to expire. */
const USABLE_MS = 14 * 60_000;

/** Botocore's order: https://github.com/boto/botocore/blob/develop/botocore/auth.py (SigV4QueryAuth) */
const ORDER = [
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
];

export async function signToken({ credentials, clusterId, region, domain, now }: TokenRequest): Promise<SignedToken> {
  const host = `sts.${region}.${domain}`;
  // For the few blocks of a signature, loading `node:crypto` takes five times as long as hashing in JavaScript.
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256Js });
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
      headers: { host, "x-k8s-aws-id": clusterId },
    },
    { signingDate: new Date(now), expiresIn: EXPIRES_SECONDS },
  );
  const pairs = Object.entries(query)
    .sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
    .map(([name, value]) => `${name}=${encodeComponent(String(value))}`);
  const url = `https://${host}/?${pairs.join("&")}`;
  // STS rejects a token whose credentials have expired. The client must fetch a new one by then.
  const credentialsEnd = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
  return {
    token: `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`,
    expiresAt: Math.min(now + USABLE_MS, credentialsEnd),
  };
}
