// Presigned requests in parts, so that tests can damage one part before it becomes a URL. Separate from local/token.ts,
// whose signer is asynchronous and returns complete URLs; make-cases.ts has a kind for the SDK's signer.

import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID } from "../../../local/sandbox-settings.ts";
import { encode, type Parameter } from "../../../local/sts/query.ts";
import { expectedSignature } from "../../../local/sts/signature.ts";
import type { Random } from "./random.ts";
import { fipsHosts } from "./regions.ts";

export interface Presigned {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Decoded. */
  readonly query: readonly Parameter[];
}

export interface Signing {
  readonly identity: LocalIdentity;
  readonly host: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  readonly expires: string;
  /** Default: the cluster id of both servers. */
  readonly clusterId?: string;
}

export function presign({ identity, host, region, signedAt, expires, clusterId = CLUSTER_ID }: Signing): Presigned {
  const timestamp = compact(signedAt);
  const scope = [timestamp.slice(0, 8), region, "sts", "aws4_request"] as const;
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const signedQuery: Parameter[] = [
    ["Action", "GetCallerIdentity"],
    ["Version", "2011-06-15"],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", [accessKeyId, ...scope].join("/")],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", expires],
    ...(sessionToken === undefined ? [] : [["X-Amz-Security-Token", sessionToken] as const]),
    ["X-Amz-SignedHeaders", "host;x-k8s-aws-id"],
  ];
  const rawHeaders = ["host", host, "x-k8s-aws-id", clusterId];
  const request = { method: "GET", target: "/", headers: {}, rawHeaders, body: Buffer.alloc(0) };
  const signedHeaders = ["host", "x-k8s-aws-id"];
  const signing = { accessKeyId, scope, signedHeaders, signature: "", timestamp, sessionToken, signedQuery };
  const signature = expectedSignature(request, signing, secretAccessKey) ?? "";
  return { scheme: "https", host, path: "/", query: [...signedQuery, ["X-Amz-Signature", signature]] };
}

export function render({ scheme, host, path, query }: Presigned): string {
  return `${scheme}://${host}${path}?${query.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}

const MINUTE = 60_000;
/** Far enough from 15 minutes that both servers decide the same. */
const WITHIN_MINUTES = 14;

/** Signer, region, host and time that are valid for both servers. */
export function anySigning(random: Random, identity: LocalIdentity, regions: readonly string[]): Signing {
  const region = random.pick(regions);
  const regional = random.pick([
    `sts.${region}.amazonaws.com`,
    `sts.${region}.amazonaws.com`,
    `sts.${region}.api.aws`,
    ...fipsHosts(region),
  ]);
  const global = random.int(10) === 0;
  return {
    identity,
    region: global ? "us-east-1" : region,
    host: global ? "sts.amazonaws.com" : regional,
    signedAt: Date.now() + random.between(-WITHIN_MINUTES * MINUTE, WITHIN_MINUTES * MINUTE),
    expires: String(random.between(0, 900)),
  };
}

export function compact(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
