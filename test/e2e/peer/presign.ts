// Presigned requests in parts, so that tests can damage one part before it becomes a URL. local/token.ts returns complete URLs.

import type { LocalIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { encode, type Parameter } from "../../../local/sts/query.ts";
import { expectedSignature } from "../../../local/sts/signature.ts";
import { tokenOf } from "../../token.ts";
import { identityOf } from "./identities.ts";

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
  readonly clusterId: string;
}

let signed = 0;

/** By default, a valid request. Each is another one: STS ignores X-Amz-Expires. */
export function presign(given: Partial<Signing> = {}): Presigned {
  const { identity = identityOf("developer"), region = REGION, host = `sts.${region}.amazonaws.com` } = given;
  const { signedAt = Date.now(), clusterId = CLUSTER_ID } = given;
  const timestamp = new Date(signedAt).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = [timestamp.slice(0, 8), region, "sts", "aws4_request"] as const;
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  signed += 1;
  const signedQuery: Parameter[] = [
    ["Action", "GetCallerIdentity"],
    ["Version", "2011-06-15"],
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", [accessKeyId, ...scope].join("/")],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", String(signed)],
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

export function goodToken(given: Partial<Signing> = {}): string {
  return tokenOf(render(presign(given)));
}
