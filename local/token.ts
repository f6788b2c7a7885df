// Makes the bearer tokens that clients send, with the AWS SDK's own signer.

import { presign, presignedUrl } from "../cli/aws/presign.ts";
import type { LocalIdentity } from "./identities.ts";

export interface TokenOptions {
  readonly identity: LocalIdentity;
  readonly clusterId: string;
  /** What is signed for; the global host wants `us-east-1`. */
  readonly region: string;
  /** When it is signed, in milliseconds since the epoch; default now. */
  readonly now?: number;
  /** Seconds, default 60, as the AWS CLI writes it. */
  readonly expiresIn?: number;
  /** Default the region's own STS. */
  readonly host?: string;
  /** Headers that are signed beside `host` and `x-k8s-aws-id`. */
  readonly extraSignedHeaders?: Readonly<Record<string, string>>;
  /** Parameters beside `Action` and `Version`, or instead of them; signed like those. */
  readonly extraQuery?: Readonly<Record<string, string>>;
}

/** `k8s-aws-v1.` and the presigned GetCallerIdentity URL in base64url. */
export async function mintToken(options: TokenOptions): Promise<string> {
  return `k8s-aws-v1.${Buffer.from(await presignUrl(options)).toString("base64url")}`;
}

/** The URL inside a token, its parameters sorted by name, as the SDK writes URLs. */
export async function presignUrl({ identity, ...options }: TokenOptions): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const { region, host = `sts.${region}.amazonaws.com`, now = Date.now() } = options;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  const query = await presign({ ...options, credentials, host, now });
  return presignedUrl(host, query, ([a], [b]) => (a < b ? -1 : 1));
}
