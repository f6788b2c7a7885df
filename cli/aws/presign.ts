// Signs `k8s-aws-v1.` tokens with the AWS SDK, byte for byte like `aws eks get-token`.

import { Sha256 } from "@smithy/core/checksum";
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

/** Input of the signer. Tests of the function use the optional fields. */
interface PresignRequest extends Pick<TokenRequest, "credentials" | "clusterId" | "region" | "now"> {
  readonly host: string;
  /** Seconds; default 60. */
  readonly expiresIn?: number | undefined;
  /** Headers in addition to `host` and `x-k8s-aws-id`. */
  readonly extraSignedHeaders?: Readonly<Record<string, string>> | undefined;
  /** Parameters that extend or replace `Action` and `Version`. */
  readonly extraQuery?: Readonly<Record<string, string>> | undefined;
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
  const query = await presign({ credentials, clusterId, region, now, host });
  const url = presignedUrl(host, query, ([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
  // STS rejects a token whose credentials have expired. The client must fetch a new one by then.
  const credentialsEnd = credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY;
  return {
    token: `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`,
    expiresAt: Math.min(now + USABLE_MS, credentialsEnd),
  };
}

/** Returns the query parameters of a presigned GetCallerIdentity, before URL encoding. */
export async function presign(request: PresignRequest): Promise<[name: string, value: string][]> {
  const { credentials, clusterId, region, now, host, extraSignedHeaders, extraQuery } = request;
  const signer = new SignatureV4({ service: "sts", region, credentials, sha256: Sha256 });
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname: host,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15", ...extraQuery },
      headers: { host, "x-k8s-aws-id": clusterId, ...extraSignedHeaders },
    },
    {
      signingDate: new Date(now),
      expiresIn: request.expiresIn ?? EXPIRES_SECONDS,
      // Otherwise the signer turns `x-amz-` headers into parameters.
      unhoistableHeaders: new Set(Object.keys(extraSignedHeaders ?? {})),
    },
  );
  return Object.entries(query).map(([name, value]) => [name, String(value)]);
}

/** `order`: of the parameters. Clients differ in it, and STS accepts any. */
export function presignedUrl(
  host: string,
  query: readonly [name: string, value: string][],
  order: (a: readonly [string, string], b: readonly [string, string]) => number,
): string {
  const pairs = query.toSorted(order).map(([name, value]) => `${encodeComponent(name)}=${encodeComponent(value)}`);
  return `https://${host}/?${pairs.join("&")}`;
}
