// Creates bearer tokens as clients send them, with the AWS SDK's signer.

import { presign, presignedUrl } from "../cli/aws/presign.ts";
import type { LocalIdentity } from "./identities.ts";

export interface TokenOptions {
  readonly identity: LocalIdentity;
  readonly clusterId: string;
  /** The signed region; the global host requires `us-east-1`. */
  readonly region: string;
  /** Signing time in milliseconds since the epoch; default now. */
  readonly now?: number;
  /** Seconds; default 60, as in the AWS CLI. */
  readonly expiresIn?: number;
  /** Default: the STS endpoint of the region. */
  readonly host?: string;
  /** Signed in addition to `host` and `x-k8s-aws-id`. */
  readonly extraSignedHeaders?: Readonly<Record<string, string>>;
  /** Signed parameters in addition to `Action` and `Version`; may replace these. */
  readonly extraQuery?: Readonly<Record<string, string>>;
}

/** `k8s-aws-v1.` and the presigned GetCallerIdentity URL in base64url. */
export async function mintToken(options: TokenOptions): Promise<string> {
  return `k8s-aws-v1.${Buffer.from(await presignUrl(options)).toString("base64url")}`;
}

/** The URL inside a token, with parameters sorted by name, as in the SDK. */
export async function presignUrl({ identity, ...options }: TokenOptions): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const { region, host = `sts.${region}.amazonaws.com`, now = Date.now() } = options;
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  const query = await presign({ ...options, credentials, host, now });
  return presignedUrl(host, query, ([a], [b]) => (a < b ? -1 : 1));
}
