// The identities of the local services, with access keys that are derived from a secret of the
// sandbox and that no AWS account has, and their tokens, made with the AWS SDK's signer.

import { hkdfSync } from "node:crypto";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";
import { encodeComponent } from "../functions/authenticator/token/encoding.ts";

/** An identity without its keys. */
interface LocalPrincipal {
  readonly name: string;
  readonly accessKeyId: string;
  /** Expiry of the session token, in milliseconds since the epoch; absent: never. */
  readonly expiresAt?: number;
  /** As STS returns it: for a role, the assumed-role ARN. */
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

export interface LocalIdentity extends LocalPrincipal {
  readonly secretAccessKey: string;
  /** Required for temporary credentials, absent otherwise. */
  readonly sessionToken?: string;
  /** Set by `aws iam update-access-key`, for every service that has the same object. */
  isInactive?: boolean;
}

const HOME = "111122223333";

const OTHER = "444455556666";

export const LOCAL_PRINCIPALS: readonly LocalPrincipal[] = [
  user("alice", HOME, "user/engineering/alice", "AKIALOCALALICEAAAAAA", "AIDALOCALALICEAAAAAAA"),
  user("alice-elsewhere", OTHER, "user/alice", "AKIALOCALALICEBBBBBB", "AIDALOCALALICEBBBBBBB"),
  user("root", HOME, "root", "AKIALOCALROOTAAAAAAA", HOME),
  role(
    "bob",
    HOME,
    "Developers",
    "bob@example.com",
    "ASIALOCALBOBAAAAAAAA",
    "AROALOCALDEVELOPERSAA",
  ),
  role(
    "dan",
    HOME,
    "Developers",
    "dan@example.com",
    "ASIALOCALDANAAAAAAAA",
    "AROALOCALDEVELOPERSAA",
  ),
  role(
    "bob-elsewhere",
    OTHER,
    "Developers",
    "bob@example.com",
    "ASIALOCALBOBBBBBBBBB",
    "AROALOCALDEVELOPERSBB",
  ),
  role(
    "carol",
    HOME,
    "AWSReservedSSO_ClusterAdmin_0123456789abcdef",
    "carol@example.com",
    "ASIALOCALCAROLAAAAAA",
    "AROALOCALCLUSTERADMIN",
  ),
  role(
    "contractor",
    HOME,
    "Contractor",
    "mallory",
    "ASIALOCALMALLORYAAAA",
    "AROALOCALCONTRACTORAA",
  ),
  role(
    "function",
    HOME,
    "IamAuthenticator",
    "IamAuthenticator",
    "ASIALOCALFUNCTIONAAA",
    "AROALOCALFUNCTIONAAAA",
  ),
  role(
    "node",
    HOME,
    "ClusterNode",
    "i-0123456789abcdef0",
    "ASIALOCALNODEAAAAAAA",
    "AROALOCALCLUSTERNODEA",
  ),
  {
    ...role(
      "expired",
      HOME,
      "Developers",
      "erin@example.com",
      "ASIALOCALERINAAAAAAA",
      "AROALOCALDEVELOPERSAA",
    ),
    expiresAt: Date.UTC(2020, 0, 1),
  },
  {
    name: "federated",
    accessKeyId: "ASIALOCALDAVEAAAAAAA",
    arn: `arn:aws:sts::${HOME}:federated-user/dave`,
    account: HOME,
    userId: `${HOME}:dave`,
  },
];

/** Returns the identities. `secret`: of the sandbox, which refuses the keys of any other secret. */
export function localIdentities(secret: string): readonly LocalIdentity[] {
  return LOCAL_PRINCIPALS.map(({ name }) => localIdentity(name, secret));
}

/** Finds an identity by name, for example `alice`. Throws if there is none. */
export function localIdentity(name: string, secret: string): LocalIdentity {
  const principal = localPrincipal(name);
  return { ...principal, ...localKeys(principal.accessKeyId, secret) };
}

/** Finds an identity, without its keys. Throws if there is none. */
export function localPrincipal(name: string): LocalPrincipal {
  const found = LOCAL_PRINCIPALS.find((principal) => principal.name === name);
  if (found === undefined) throw new Error(`no local identity ${JSON.stringify(name)}`);
  return found;
}

/**
 * Returns the ARN in IAM of a user or of a session's role; `undefined` for other identities.
 *
 * @param setFolder below IAM Identity Center's path, for roles of permission sets: its region and a
 * slash; default none
 */
export function iamArn({ arn }: LocalPrincipal, setFolder = ""): string | undefined {
  const [, account, name] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  if (name === undefined) return arn.includes(":user/") ? arn : undefined;
  const path = name.startsWith("AWSReservedSSO_")
    ? `aws-reserved/sso.amazonaws.com/${setFolder}`
    : "";
  return `arn:aws:iam::${account}:role/${path}${name}`;
}

function user(
  name: string,
  account: string,
  resource: string,
  accessKeyId: string,
  userId: string,
): LocalPrincipal {
  return { name, accessKeyId, arn: `arn:aws:iam::${account}:${resource}`, account, userId };
}

function role(
  name: string,
  account: string,
  roleName: string,
  session: string,
  accessKeyId: string,
  principalId: string,
): LocalPrincipal {
  const arn = `arn:aws:sts::${account}:assumed-role/${roleName}/${session}`;
  return { name, accessKeyId, arn, account, userId: `${principalId}:${session}` };
}

/**
 * Returns a secret access key of 40 characters like AWS's, but recognizably fake. Temporary keys
 * also have a session token.
 */
function localKeys(
  accessKeyId: string,
  secret: string,
): Pick<LocalIdentity, "secretAccessKey" | "sessionToken"> {
  const derived = (what: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, "", `${what} of ${accessKeyId}`, bytes)).toString(
      "base64",
    );
  const secretAccessKey = `local/only/${derived("secret access key", 24).slice(0, 29)}`;
  if (!accessKeyId.startsWith("ASIA")) return { secretAccessKey };
  // Like AWS's tokens, contains base64 characters and padding that clients must percent-encode.
  return { secretAccessKey, sessionToken: `Local+Session/Token/${derived("session token", 301)}` };
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

/** Returns `k8s-aws-v1.` and the presigned GetCallerIdentity URL in base64url. */
export async function mintToken(options: TokenOptions): Promise<string> {
  return `k8s-aws-v1.${Buffer.from(await presignUrl(options)).toString("base64url")}`;
}

/** Returns the URL inside a token, with parameters sorted by name, as in the SDK. */
export async function presignUrl({
  identity,
  clusterId,
  region,
  ...options
}: TokenOptions): Promise<string> {
  const {
    host = `sts.${region}.amazonaws.com`,
    now = Date.now(),
    extraSignedHeaders = {},
    extraQuery,
  } = options;
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
