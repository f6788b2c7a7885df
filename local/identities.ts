// The identities of the local services, with fixed access keys that no AWS account has, and their tokens, made with the AWS
// SDK's signer.

import { hash } from "node:crypto";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { encodeComponent } from "../functions/authenticator/token/encoding.ts";

export interface LocalIdentity {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Required for temporary credentials, absent otherwise. */
  readonly sessionToken?: string;
  /** Expiry of the session token, in milliseconds since the epoch; absent: never. */
  readonly expiresAt?: number;
  /** As STS returns it: for a role, the assumed-role ARN. */
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

const HOME = "111122223333";

const OTHER = "444455556666";

export const LOCAL_IDENTITIES: readonly LocalIdentity[] = [
  user("alice", HOME, "user/engineering/alice", "AKIALOCALALICEAAAAAA", "AIDALOCALALICEAAAAAAA"),
  user("alice-elsewhere", OTHER, "user/alice", "AKIALOCALALICEBBBBBB", "AIDALOCALALICEBBBBBBB"),
  user("root", HOME, "root", "AKIALOCALROOTAAAAAAA", HOME),
  role("bob", HOME, "Developers", "bob@example.com", "ASIALOCALBOBAAAAAAAA", "AROALOCALDEVELOPERSAA"),
  role("dan", HOME, "Developers", "dan@example.com", "ASIALOCALDANAAAAAAAA", "AROALOCALDEVELOPERSAA"),
  role("bob-elsewhere", OTHER, "Developers", "bob@example.com", "ASIALOCALBOBBBBBBBBB", "AROALOCALDEVELOPERSBB"),
  role(
    "carol",
    HOME,
    "AWSReservedSSO_ClusterAdmin_0123456789abcdef",
    "carol@example.com",
    "ASIALOCALCAROLAAAAAA",
    "AROALOCALCLUSTERADMIN",
  ),
  role("contractor", HOME, "Contractor", "mallory", "ASIALOCALMALLORYAAAA", "AROALOCALCONTRACTORAA"),
  role("node", HOME, "ClusterNode", "i-0123456789abcdef0", "ASIALOCALNODEAAAAAAA", "AROALOCALCLUSTERNODEA"),
  {
    ...role("expired", HOME, "Developers", "erin@example.com", "ASIALOCALERINAAAAAAA", "AROALOCALDEVELOPERSAA"),
    expiresAt: Date.UTC(2020, 0, 1),
  },
  {
    name: "federated",
    ...temporaryKey("ASIALOCALDAVEAAAAAAA", "dave"),
    arn: `arn:aws:sts::${HOME}:federated-user/dave`,
    account: HOME,
    userId: `${HOME}:dave`,
  },
];

/** Finds an identity by name, for example `alice`. Throws if there is none. */
export function localIdentity(name: string): LocalIdentity {
  const found = LOCAL_IDENTITIES.find((identity) => identity.name === name);
  if (found === undefined) throw new Error(`no local identity ${JSON.stringify(name)}`);
  return found;
}

function user(name: string, account: string, resource: string, accessKeyId: string, userId: string): LocalIdentity {
  return {
    name,
    accessKeyId,
    secretAccessKey: secret(accessKeyId),
    arn: `arn:aws:iam::${account}:${resource}`,
    account,
    userId,
  };
}

function role(
  name: string,
  account: string,
  roleName: string,
  session: string,
  accessKeyId: string,
  principalId: string,
): LocalIdentity {
  return {
    name,
    ...temporaryKey(accessKeyId, session),
    arn: `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`,
    account,
    userId: `${principalId}:${session}`,
  };
}

function temporaryKey(accessKeyId: string, session: string) {
  // like AWS's tokens, contains base64 characters and padding that clients must percent-encode
  const text = `local session of ${session} with ${accessKeyId}, not a real one `.repeat(4);
  const sessionToken = `Local+Session/Token/${Buffer.from(text).toString("base64")}==`;
  return { accessKeyId, secretAccessKey: secret(accessKeyId), sessionToken };
}

/** 40 characters like AWS's, but recognizably fake. */
function secret(accessKeyId: string): string {
  return `local/only/${hash("sha256", accessKeyId, "hex")}`.slice(0, 40);
}

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
