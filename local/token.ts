// Creates bearer tokens as clients send them, with the AWS SDK's signer.

import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { encodeComponent } from "../functions/authenticator/token/encoding.ts";
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
export async function presignUrl({ identity, clusterId, region, ...options }: TokenOptions): Promise<string> {
  const { host = `sts.${region}.amazonaws.com`, now = Date.now(), extraSignedHeaders = {}, extraQuery } = options;
  const signer = new SignatureV4({ service: "sts", region, credentials: identity, sha256: Sha256 });
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
      expiresIn: options.expiresIn ?? 60,
      // Otherwise `x-amz-` headers would become parameters.
      unhoistableHeaders: new Set(Object.keys(extraSignedHeaders)),
    },
  );
  const pairs = Object.keys(query)
    .sort()
    .map((name) => `${encodeComponent(name)}=${encodeComponent(String(query[name]))}`);
  return `https://${host}/?${pairs.join("&")}`;
}
