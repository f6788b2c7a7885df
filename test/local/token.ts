// Makes the bearer tokens that clients send, with the AWS SDK's own signer.

import { STSClient } from "@aws-sdk/client-sts";
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

type Signer = Awaited<ReturnType<STSClient["config"]["signer"]>>;
type HttpRequest = Parameters<Signer["sign"]>[0];
type Presign = (
  request: HttpRequest,
  options: { signingDate: Date; expiresIn: number; unhoistableHeaders: Set<string> },
) => Promise<HttpRequest>;

/** `k8s-aws-v1.` and the presigned GetCallerIdentity URL in base64url. */
export async function mintToken(options: TokenOptions): Promise<string> {
  return `k8s-aws-v1.${Buffer.from(await presignUrl(options)).toString("base64url")}`;
}

/** The URL inside a token. */
export async function presignUrl(options: TokenOptions): Promise<string> {
  const {
    identity,
    clusterId,
    region,
    now = Date.now(),
    expiresIn = 60,
    extraSignedHeaders = {},
    extraQuery,
  } = options;
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const hostname = options.host ?? `sts.${region}.amazonaws.com`;
  const client = new STSClient({
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
  });
  const signer = await client.config.signer();
  if (!canPresign(signer)) throw new Error("the SDK's signer does not presign");
  const { query = {} } = await signer.presign(
    {
      method: "GET",
      protocol: "https:",
      hostname,
      path: "/",
      query: { Action: "GetCallerIdentity", Version: "2011-06-15", ...extraQuery },
      headers: { host: hostname, "x-k8s-aws-id": clusterId, ...extraSignedHeaders },
    },
    {
      signingDate: new Date(now),
      expiresIn,
      // Otherwise `x-amz-` headers would become parameters
      unhoistableHeaders: new Set(Object.keys(extraSignedHeaders)),
    },
  );
  client.destroy();
  return `https://${hostname}/?${formatQuery(query)}`;
}

/** The SDK types its signer by `sign` alone; the one it makes for SigV4 presigns as well. */
function canPresign(signer: Signer): signer is Signer & { presign: Presign } {
  return "presign" in signer;
}

/** Sorted by name and encoded, as the SDK writes URLs. */
function formatQuery(query: NonNullable<HttpRequest["query"]>): string {
  return Object.entries(query)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encode(name)}=${encode(String(value))}`)
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
